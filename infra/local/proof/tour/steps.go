package tour

import (
	"masterhand/shared/library/creative"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/signature"
)

// step is one event that the tour sends as the platform, with the expected result.
type step struct {
	title string
	slot  creative.Slot

	scheme  signature.Scheme // signature scheme of the event; "" means outpost
	signing signing
	expired bool
	copies  int          // number of copies that are sent at the same time; 0 means one
	again   bool         // whether the step repeats the request of the previous step
	raw     string       // malformed body of the event; "" means that the request's own body is sent
	doors   []doors.Door // doors through which the event is sent, once through each; empty means the function URL

	outcome string
	status  int
	master  string // key of the master that must be delivered; "" if no master may be delivered
	skip    string // reason of the expected skip; "" if no skip is expected
	// sum is the SHA-256 that the delivered object must have. If it is nil, the object must be
	// equal to the sample master whose key is in the field master.
	sum *[32]byte
}

// signing selects the secrets with which an event is signed.
type signing int

const (
	current  signing = iota // sign with the secret that the receiver knows
	rotating                // sign with two secrets: a new one, and the one that the receiver knows
	forged                  // sign with a secret that the receiver does not know
)

func steps() []step {
	video := func(code string, variation int, locale creative.Locale, aspect creative.Aspect) creative.Slot {
		return creative.Slot{
			Project: project, Creative: creative.Creative{Code: code, Variation: variation}, Locale: locale,
			Kind: creative.Video, Aspect: aspect,
		}
	}
	image := video("HRT-1212", 2, "en", "1x1")
	image.Kind = creative.Image
	family := func(code string, variation int, f creative.Family) creative.Slot {
		s := video(code, variation, "en", "")
		s.Family, s.Accepted = f, f.Aspects()
		return s
	}
	story := video("HRT-1212", 2, "en", "9x16")
	return []step{
		{title: "an exact aspect", slot: story, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"},
		{title: "the same event again", again: true, slot: story, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"},
		{title: "eight copies at once", slot: story, copies: 8, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"},
		{title: "the feed family", slot: family("HRT-1212", 2, creative.Feed), outcome: "delivered", status: 200, master: "HRT-1212/v2/en/4x5.mp4"},
		{title: "a family without master", slot: family("HRT-78", 1, creative.StoryReel), outcome: "skipped", status: 200, skip: "no_match:aspect"},
		{title: "an image", slot: image, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/1x1.jpg"},
		{title: "a phone's rotated clip", slot: video("HRT-77", 1, "de", "9x16"), outcome: "delivered", status: 200, master: "HRT-77-1_de_9x16.mov"},
		{title: "an anamorphic film", slot: video("HRT-78", 1, "en", "16x9"), outcome: "delivered", status: 200, master: "HRT-78-1_en_16x9.mp4"},
		{title: "placed by its tags", slot: video("HRT-300", 1, "en", "9x16"), outcome: "delivered", status: 200, master: "summer/final cut.mp4"},
		{title: "special characters", slot: video("HRT-301", 1, "en", "1x1"), outcome: "delivered", status: 200, master: "kampagne für äpfel 🍏+50%/HRT-301-1_en_1x1.mp4"},
		{title: "variation 20, not 2", slot: video("HRT-1212", 20, "en", "9x16"), outcome: "delivered", status: 200, master: "HRT-1212/v20/en/9x16.mp4"},
		{title: "signed during rotation", signing: rotating, slot: story, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"},
		{title: "timestamped signature", scheme: signature.OutpostTimestamped, slot: story, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"},
		{title: "Standard Webhooks", scheme: signature.Standard, slot: story, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"},
		{title: "a forged signature", signing: forged, slot: story, outcome: "unauthentic", status: 401},
		{title: "an expired request", expired: true, slot: story, outcome: "expired", status: 200},
		{title: "signed, but unusable", raw: `{"creative":{"code":7},"fulfillment":{}}`, outcome: "malformed", status: 200},
	}
}

// stepsByDoor returns the steps whose events go through the queue and the bucket, where events are
// not signed.
func stepsByDoor() []step {
	story := creative.Slot{
		Project: project, Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16",
	}
	delivered := func(title string, through ...doors.Door) step {
		return step{title: title, slot: story, doors: through, outcome: "delivered", status: 200, master: "HRT-1212/v2/en/9x16.mp4"}
	}
	return []step{
		delivered("an event by queue", doors.Queue),
		delivered("an event by bucket", doors.Bucket),
		delivered("three copies, two doors", doors.Bucket, doors.Queue, doors.Queue),
	}
}

const project = "019d928c-02e1-7000-8000-000000000000"
