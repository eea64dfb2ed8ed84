"""Reading rows back: of one run or many, whole or what is new, as they are, averaged or thinned out."""
