package masters

import (
	"strings"
	"sync"
)

// languages are ISO 639-1's codes, and those of three letters that teams use for lack of
// one of two. Left out are those that are words of the trade or of English (ig, tt, sd, as,
// is, to): in a name they may be either, so they are nothing known. In a tag any is one.
var languages = set(`aa ab ae af ak am an ar av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv
	cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia
	id ie ii ik io it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg ln lo lt lu lv
	mg mh mi mk ml mn mr ms mt na nb nd ne ng nl nn no nr nv ny oc oj om os pa pl ps pt qu rm rn ro
	ru rw sa se sg si sk sl sm sn sq sr ss st su sv sw ta te tg th ti tk tl tn tr ts ty ug
	uk ur uz ve vi wa wo xh yi yo za zh zu
	ast ceb cmn fil haw hmn kok mai yue`)

// territories are ISO 3166-1's codes of two letters, without tt (a platform), and the
// areas of UN M.49 that locales are written with.
var territories = set(`ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt
	bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et
	fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in
	io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf
	mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph
	pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz
	tc td tf tg th tj tk tl tm tn to tr tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
	001 150 419`)

// set returns a function that returns the words as a set, made at its first use.
func set(words string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		known := map[string]bool{}
		for word := range strings.FieldsSeq(words) {
			known[word] = true
		}
		return known
	})
}
