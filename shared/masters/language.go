package masters

import "strings"

// languages are ISO 639-1's codes, and those of three letters that teams use for lack of
// one of two. Any other short word in a file's name ("cut", "new") is no language there,
// though it may be one in a tag, where somebody wrote it as such.
var languages = set(`aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv
	cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
	id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv
	mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro
	ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug
	uk ur uz ve vi vo wa wo xh yi yo za zh zu
	ast ceb cmn fil haw hmn kok mai yue`)

func set(words string) map[string]bool {
	known := map[string]bool{}
	for _, word := range strings.Fields(words) {
		known[word] = true
	}
	return known
}
