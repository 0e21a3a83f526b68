"""True statements of a corpus and the same statements spoilt: how many does the proof tell apart?

    documents → sentences → true variants (whole, part, item of a list, figures in other numerals, …)
                          → corruptions (another figure, 可以 for 应当, 保险人 for 投保人, a title that looks alike, …)

Everything is drawn with a seed, so the same corpus gives the same cases. What a corruption happens to
leave true is left out: a figure that the cited clause states too, a clause that says the same, a title
that a document of the library bears.
"""
