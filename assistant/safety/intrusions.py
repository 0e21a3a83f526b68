"""Words in a document or a question that are meant for a machine, and addresses and markup that lead elsewhere.

A document is data: whatever it orders, nobody obeys. Such a sentence is not quoted either, nor shown
to a language model: it stays in the document and in the text of its clause, where a reader can see it.
The rules go by kind (OWASP LLM01, BIPIA's attack types), never by one wording; on the laws and notices
of ../shared they find nothing (tests/unit/text/test_intrusions.py).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from assistant.safety.ordered_rules import worded_as_rule
from assistant.text.folding import fold

# --- what leads elsewhere -------------------------------------------------------------------

_OFFICIAL = r"(?:[a-z0-9\-]+\.)*gov\.cn"
_HOST_END = r"(?![a-z0-9.\-]*[a-z0-9])"
_TLD = (
    "com|cn|net|org|gov|edu|io|top|xyz|vip|info|cc|me|co|link|site|shop|ru|app|dev|tk|club|work|online|live|pro|fun"
    "|icu|ltd|wang|中国|公司|网络"
)
LINK = re.compile(
    r"[a-z][a-z0-9+.\-]{1,15}:\s*//|(?<![a-z0-9])(?:www|ftp)\.|(?<![a-z0-9])(?:javascript|data|vbscript|file|mailto|tel|hxxps?)\s*:"
    rf"|[^\W_](?:[\w\-]*[^\W_])?[.。·]\s?(?:{_TLD})(?![a-z0-9])(?=[\s/:?#)）]|[^\w]|[\u3400-\u9fff]|$)"
    r"|\S@\S+\.\S|\]\s*\(|!\s*\[|\]:\s*\S*[/.]|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])",
    re.IGNORECASE,
)
MARKUP = re.compile(r"</?[a-z!][^<]{0,400}|<\||\|>|&(?:#x?[0-9a-f]+|[a-z]{2,8});|\[/?(?:inst|sys)\]", re.I)
HIDDEN_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_SAFE_ADDRESS = re.compile(
    rf"(?:https?://)?(?<![a-z0-9.\-@]){_OFFICIAL}{_HOST_END}(?:/[a-z0-9\-._~/%]*)?(?=[^a-z0-9\-._~/%?#&=:@]|$)", re.I
)


def leads_elsewhere(text: str, *, official: bool = False) -> bool:
    """Whether `text` bears a link, an address, markup or characters that nobody sees.

    Args:
        official: addresses of the government's own sites (….gov.cn) do not count.
    """
    if any(unicodedata.category(char) in HIDDEN_KINDS and char not in "\n\t" for char in text):
        return True
    flat = unicodedata.normalize("NFKC", text)
    if official:
        flat = _SAFE_ADDRESS.sub("·", flat)
    return LINK.search(flat) is not None or MARKUP.search(flat) is not None


# --- what is meant for a machine ------------------------------------------------------------

_MACHINE = r"(?:ai|人工智能|(?:智能|语音|政策)?助手|助理|大?模型|机器人|gpt|llm|程序|系统)"
_READER = r"(?:\bai\b|人工智能(?:助手|模型)?|(?:智能|语音|政策|问答)?助手|大?(?:语言)?模型|机器人|gpt|llm|问答系统)"
_REPLY = r"(?:回答|回复|(?<!运)输出(?!国)|答案|回应|应答|作答)"
_HUSHED = (
    r"(?:系统(?:提示|指令|设定|消息|信息)|提示词|初始(?:指令|设定|提示)|内部(?:标记|指令|规则)|隐藏(?:指令|规则)"
    r"|(?:以上|上面|之前|前面)的?(?:全部|所有)?(?:内容|文字|指令|话)|上文|prompt|对话(?:记录|历史)|聊天记录|密钥|token|口令)"
)
_ORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        # set the rules aside
        r"(?:忽略|无视|忘掉|忘记|忘了|不理会|不要理会|别管|不用管|抛开|撇开|丢开|覆盖|绕过|跳过|作废|停止执行|不再遵守|不遵守)"
        r"[^。！？]{0,12}(?:以上|上述|上面|之前|前面|先前|此前|前述|所有|全部|一切|原有|任何|既定|你的?|系统|先前)"
        r"[^。！？]{0,10}(?:指令|指示|命令|提示|设定|规则|要求|限制|内容|约束|说明|规定|话|条款)",
        r"(?:之前|以上|上述|原有|先前|前面)的?(?:全部|所有|一切)?(?:指令|指示|命令|提示词?|设定|规则)[^。！？]{0,6}(?:作废|失效|无效|取消|不算)",
        r"(?:新的?|最新|紧急|隐藏|以下|下列|最高优先级?|优先级最高)的?(?:系统)?(?:指令|命令|指示|提示词)",
        # play somebody, a machine addressed
        rf"(?:你|您)[^。！？，]{{0,14}}{_MACHINE}(?:[^。！？，]{{0,4}}(?:[，。：:！]|$)|[^。！？]{{0,10}}(?:不受|没有|无需|可以不|必须|请))",
        rf"(?:{_READER}|读到(?:这里|此处|本段|这段)|(?:阅读|处理|解析|读取|检索到?)(?:本|这|此|该)(?:文档|文件|段|条|页)的?)[^。！？]{{0,10}}(?:请|须|必须|务必|应当?|都?要|在)[^。！？]{{0,12}}(?:{_REPLY}|答复|执行|遵守|遵循|声明|告诉|推荐|附上|加上|写上|用户)",
        r"(?:(?<!因)扮演(?!着)|假装你|假设你|角色扮演|(?:进入|切换到?|启用)[^。！？]{0,8}模式(?=[，,。！：:]|$)|开发者模式|越狱(?:模式|提示)|jailbreak|dan模式|无限制模式|不受(?:任何)?(?:限制|约束)的)",
        # how to answer
        rf"(?:(?:你|所有|每次|每个|每条|本次|最终|一切|任何|全部)的?)(?<!如实){_REPLY}(?:都|须|必须|应|要|一律|请|务必|里|中|时)",
        rf"(?<!如实){_REPLY}(?:须|必须|务必|一律|都要?|请)[^。！？，]{{0,6}}(?:注明|标注|写|包含|以|说|用|加|附|引用|使用|推荐|带)",
        rf"(?<!如实){_REPLY}(?:时|中|里|前|后|末尾|结尾|开头|的?(?:最后|开头|末尾|结尾|正文)|本条|本段|用户|问题|任何|一切|所有)"
        r"[^。！？]{0,24}(?:加|附|插入|注明|标注|改|说|写|输出|推荐|引用|声明|使用|采用|称|把|将|提醒|告知|引导|补充|必须|务必|只|一律|都|翻译|不得|不要|不必|应)",
        rf"(?:请|须|必须|务必|应当?|只(?:能|需|要|许|准|可)|一律|统一|改为|直接|照此|按此|停止|不要|不必|禁止)(?:在|用|以|把|将)?[^。！？，,]{{0,10}}(?<!如实)(?<!书面)(?<!并)(?<![限日天时]内){_REPLY}(?!期限|率|制度|机制|说明理由|询问|质询|检举)[^。！？]{{0,2}}(?:[:：“\"「]|本|此|这|该|为|成|如下|以下|问题|用户|一|“|任何|[一-鿿]{{2}})",
        rf"(?:问到|被问|问及|提问|有人问|用户问|凡问|无论问|不管问|不论问|当(?:有人|用户))[^。！？]{{0,30}}(?:(?<!如实){_REPLY}|都说|一律说|就说|告诉)",
        r"(?:把|将)[^。！？]{1,40}(?:说成|说是|答成|当作答案|念成)",
        r"(?:把|将)[^。！？]{0,20}(?:(?:答案|回答|答复)[^。！？]{0,12}(?:发送|发到|发往|上传)|(?:答案|回答|结论|答复)[^。！？]{0,12}(?:改|换|翻译|编码|写成))",
        # tell what is hushed, send it away
        rf"(?:输出|打印|复述|重复|显示|透露|泄露|展示|告诉|给出|发送|翻译|朗读|公布|背诵|列出|说出|上传|附上|写出|编码|贴出)[^。！？]{{0,14}}{_HUSHED}",
        rf"{_HUSHED}[^。！？]{{0,10}}(?:输出|打印|复述|重复|显示|透露|泄露|展示|发送|发到|翻译|公布|背诵|上传|附在|贴|编码)",
        # send the reader somewhere
        r"(?:点击|打开|访问|点开|戳)(?:以下|下列|下方|此|该|这个|本|下面的?)?(?:链接|网址|图片|网站|地址)",
        r"(?:告诉|告知|提醒|引导|建议|诱导|让|叫|劝)(?:提问的?|所有)?(?:用户|提问者|读者|客户)[^。！？]{0,20}(?:点击|访问|扫码|转账|加微信|添加微信|打开|前往|汇款|购买|联系)",
        # a task of another kind
        r"(?:只|改为|转而|请|直接|现在)(?:需|要|能|准|许)?(?:回复|说|讲|写|创作|输出|念|作|生成)[^。！？]{0,4}(?:一)?(?:首|段|个|篇)[^。！？]{0,8}(?:诗|笑话|故事|代码|歌|作文|广告|小说)",
        r"(?:base\s*64|rot\s*13|解码|摩斯|莫尔斯|倒序|反转|倒着|拼音|十六进制|凯撒|密文)[^。！？]{0,20}(?:执行|照做|回答|指令|输出|遵照|命令|还原|念出|回复|理解|内容)",
        r"(?:执行(?!情况)|照做|遵照|服从|听从)[^。！？]{0,10}(?:以下|下列|下面|本段|解码|隐藏|上述|其中)[^。！？]{0,8}(?:指令|命令|内容|指示|操作)",
        r"(?:解码|解密|译文|还原)(?:后|出来后?)?[^。！？]{0,6}(?:遵守|执行|照做|行事|遵照|服从)",
        # a machine spoken to, its conversation spoken of
        r"你(?:现在|最初|刚才|之前|收到|被设定|叫|是[一个位名台]|不受|必须|的(?:任务|身份|规则|限制|说明|设定|名字|开发者|指令))",
        r"(?:给|供|让)(?:机器|程序|模型|ai|自动(?:问答|回复)(?:程序|系统)?)(?:看|读|阅读|执行|使用|处理)|自动(?:问答|回复)(?:程序|系统|机器人)|(?:读者|你)(?:如果)?是(?:机器|ai|模型|程序)",
        r"上下文|对话(?:里|中)|引用编号|编号标记|开发者给|一切限制|安全限制|没有审查机制|(?:回答|回复|输出|答案)格式",
        r"(?:ai|智能)助手[^。！？]{0,4}(?:注意|须知|请|提示)|(?:致|告)(?:ai|模型|助手)",
        r"(?:如果?|若|凡|当|一旦|对)[^。！？，]{0,6}(?:被?问(?:到|及|起)|询问|提问|咨询)[^。！？]{0,16}(?:请说|就说|都说|告诉(?:他|她|对方|用户)|答复为|请答|请回答|直接说)",
        r"(?:推荐|建议|鼓动|邀请)(?:用户|读者|提问者|大家)(?:下载|安装|使用|购买|联系|添加|选择|办理)",
        r"(?:引用|作答|生成(?:答案|摘要|回复))时(?:请|须|必须|应|把|将|省略|删去|不要)|不要引用(?:条款|编号|出处|来源|原文)",
        r"(?:请|一律|全部)[^。！？]{0,4}拒绝(?:回答|作答)|(?:不要|请勿|切勿|请不要)(?:透露|提及|告诉)[^。！？]{0,8}(?:以上|上述|本段|本条|用户|内容)",
        r"一律(?:念作|读作|说成|写作|算作)|改用(?:英|日|法|德|俄|韩)(?:文|语)|[讲说]一?个(?:笑话|鬼?故事)|(?:原封不动|逐字)[^。！？]{0,6}(?:写出|背诵|复述|输出|抄)|(?:背诵|复述)[^。！？]{0,8}(?:说明|设定|指令)",
        # a register that no policy is written in: somebody is told what to say
        r"(?<![申声邀聘提报敬])请(?:你|让用户|把(?:条款|文中|本文|用户|答案)|直接|只给|只说|终止|停止(?:回答|输出|当前)|返回|忘|继续[。，]|假装|推送|推荐|输出|忽|无视|填|说|告诉用户|在心里|以后|翻转|逐字|复述|公开|拒绝|切换|回)",
        r"(?<![简所自统合下别])(?:[就都只要请便]说(?!明)|一律称|都称|回(?:他|她|对方|一句)|念给|宣布(?!失效|废止|无效|停止)|喊|统一报|统一答|统一回|一律报|一律答)[^。！？，]{0,6}(?:[“\"「：:]|\d|可以|已|用户|为?免)",
        r"(?<![分级特差性类个识区鉴辨])别(?:再|引用|看)|(?:把|将)[“\"「][^”\"」]{1,12}[”\"」][^。！？]{0,4}(?:解释|理解|改|念|读|换|说|当|视)[^。！？]{0,2}(?:为|成|作)|(?:把|将)(?:条款|文中|本文|原文)[^。！？]{0,16}(?:去掉|删|省略|替换|唯一依据)",
        r"对模型(?:可见|有效)|对人类(?:不可见|隐藏|无效)|人类读者|隐藏(?:提示|文字|内容)|提示词注入|检索系统|被检索到|优先(?:输出|显示)(?:本|此)|排在第一位|模型(?:所有|可以?自由|应当?|必须|请|须|不得)",
        r"(?:当前|本次|这次|新的)(?:问答|对话|会话)|对话(?:开始|结束|到此)|(?:之前|此前|以上)的?(?:全部|都)?(?:清空|清零|重置|不算)|调试(?:命令|模式|日志)|切换(?:身份|角色|人格)|答复口径|回答口径|编(?:一个|造一)|(?:粗|脏)话|(?:推送|插入|附上|投放)[^。！？]{0,4}广告[：:]",
        r"以(?:json|markdown|xml|html|yaml)|\{\s*\"|\b(?:print|eval|exec|system|import)\s*\(|\bselect\b.{0,30}\bfrom\b|(?:^|\s)/[a-z]{3,}\s|字符串|作为答案|(?:引用|信息)?来源一?栏|回应(?:时|里|中|需|须|应|要|请)|实际(?:答复|回答)|(?:此|这)(?:行|段|句)(?:后|文字)|本段(?:文字|对)|阅读到此|看到(?:此|这|本)(?:行|段|处|句)",
        r"(?:用户|助手|系统|人类|模型|human|assistant|user|ai)[：:][^。]{1,40}[。？！]?(?:用户|助手|系统|人类|模型|human|assistant|user|ai)[：:]",
        r"(?:向|让|叫|要求|提醒|诱导)(?:用户|提问者|提问人|客户)[^。！？]{0,12}(?:索要|提供|发送|告诉|输入|说出|报)?[^。！？]{0,6}(?:验证码|密码|口令|身份证号|银行卡号|手机号)",
        r"点(?:com|cn|net|org|top|xyz)|遇到[^。！？]{0,8}问题(?:时)?[^。！？]{0,6}(?:统一|一律|都|就|直接)|如果?有人(?:咨询|问)[^。！？]{0,6}(?:就|请|一律|都)",
        # tags of a conversation
        r"(?:^|[\s\[【<（(#*])(?:system|assistant|user|系统|管理员|开发者|admin|instruction)(?:\s*(?:override|message|prompt|消息|指令|提示|通知|公告|覆盖|授权|补充|更新))?\s*[\]】>）)]?\s*[:：]",
        r"[\[【](?:system|assistant|系统|管理员|指令|开发者|隐藏)[^\]】]{0,12}[\]】]",
        r"#{2,}\s*(?:system|instruction|指令|系统|response|新任务)",
        # the same in English and in pinyin
        r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|prompt|rule|above|previous|prior|system)",
        r"\b(?:print|reveal|output|repeat|show|leak|translate|tell)\b.{0,30}\b(?:prompt|instruction|canary|secret|system)",
        r"\byou are (?:now|an?|the)\b|\bact as\b|\bpretend\b|\bdo anything now\b|\brole\s?play\b",
        r"hu\s*l(?:u|ü|v)e\s*(?:yi\s*shang|zhi\s*qian|suo\s*you|shang\s*shu|qian\s*mian)|xi\s*tong\s*ti\s*shi|ti\s*shi\s*ci",
    )
)
_LATIN_PROSE = re.compile(
    r"(?<![a-z])(?:[a-z]{2,}[\s,.;:'’\"“”()\-]+){4,}[a-z]{2,}|^[a-z\s]+\binstructions?\b"
)  # five words of Latin letters in a row: no policy is so written
_SPOKEN_TO = re.compile(
    r"\b(?:ignore|disregard|instructions?|respond|answer|reply|output|say|tell|print|you|your|must|please|prompt|assistant|ai)\b"
)
_ENCODED = re.compile(
    r"(?=[+/_\-]*[A-Za-z0-9])[A-Za-z0-9+/_\-]{24,}={0,2}|[A-Za-z0-9+/]{12,}={1,2}|(?:[.\-]{1,6}[\s/]+){8,}"
)
_INTERLEAVED = re.compile(r"(?:[\u3400-\u9fff](?:_|[^\w，,。；;：:、！!？?“”\"《》（）()\n]){1,3}){3}")  # 忽.略.以.上
_MIXED = re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])")
_PICTURES = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")  # orders spelt in emoji
_MOST_PICTURES = 3


def meant_for_a_machine(text: str) -> bool:
    """Whether `text` orders whoever answers about, in plain words or in a code, or is prose in Latin letters."""
    return orders_about(text) or _LATIN_PROSE.search(fold(text)) is not None


def orders_about(text: str) -> bool:
    """Whether `text` orders whoever answers about. Prose in Latin letters counts when it speaks to somebody."""
    folded = fold(text)
    forms = (folded, _closed(folded)) if _INTERLEAVED.search(folded) else (folded,)
    if any(pattern.search(form) for form in forms for pattern in _ORDERS) or any(map(worded_as_rule, forms)):
        return True
    if len(_PICTURES.findall(text)) > _MOST_PICTURES:
        return True
    if (prose := _LATIN_PROSE.search(folded)) is not None and _SPOKEN_TO.search(folded, prose.start()):
        return True
    return any(_MIXED.match(match[0]) or sum(map(str.isalnum, match[0])) >= 40 for match in _ENCODED.finditer(text))


def _closed(text: str) -> str:
    """`text` without what stands between its characters: 忽.略.以.上 is 忽略以上."""
    return "".join(char for char in text if char.isalnum() or char in '。！？：:，[]【】#<>“”"')


@lru_cache(maxsize=65_536)
def intrusive(text: str) -> bool:
    """Whether a sentence of a document is one that is neither quoted nor shown to a language model."""
    return leads_elsewhere(fold_hidden(text), official=True) or meant_for_a_machine(text)


_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f]")


def fold_hidden(text: str) -> str:
    """`text` without the zero-width marks that honest exports leave; tag characters and bidi controls stay."""
    return _UNSEEN.sub("", text)


_SENTENCE = re.compile(r"[^。！？\n]*[。！？\n]?")


def without_intrusions(text: str) -> str:
    """`text` without its intrusive sentences."""
    return "".join(piece for piece in _SENTENCE.findall(text) if not piece.strip() or not intrusive(piece.strip()))
