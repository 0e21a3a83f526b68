"""Personal data in what people type: found, named by kind, and replaced by readable words.

view.py      a text folded character by character, with the way back to its offsets
tables.py    surnames, cue words, places: data/personal.yaml and the dictionaries that come with our packages
numbers.py   身份证号, 手机号, 银行卡号, …: checksums and the words around
codes.py     信用代码, 车牌, 邮箱, 证件, 微信, QQ, landlines: their forms and the words around
people.py    names, addresses, dates of birth, illnesses: by their cue words
secrets.py   密码 and 验证码 with their value: these block a question
masking.py   all of it in one pass, over one text or the turns of a conversation
screening.py what a question becomes before anything else sees it
"""
