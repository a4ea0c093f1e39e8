package system_test

import (
	"bytes"
	"strings"
	"testing"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/signature"
)

// For each kind of request, the right master must be delivered, and the callback must contain the
// data that the platform requires.
func TestTheRightMasterIsDelivered(t *testing.T) { byEachDoor(t, testDeliveries) }

func testDeliveries(t *testing.T, s *env) {
	feed := func(code string) adplatform.Slot {
		return adplatform.Slot{Code: code, Variation: 1, Locale: "en", Kind: "video", Family: "feed", Accepted: []string{"1x1", "3x4", "4x5"}}
	}
	image := func(code string) adplatform.Slot {
		return adplatform.Slot{Code: code, Variation: 1, Locale: "en", Kind: "image", Aspect: "1x1"}
	}
	labels := func(code string) map[string]string {
		return map[string]string{"creative-code": code, "creative-variation": "1", "creative-locale": "en"}
	}
	// In the case "wrongly named", the file is a MOV that is displayed rotated, with the aspect
	// 9x16. Its key wrongly states MP4 and 16x9.
	tests := map[string]struct {
		slot      func(code string) adplatform.Slot
		sample    string
		key       string // the part of the master's key that follows the creative's code
		extension string
		aspect    string // aspect that the callback must state; "" if the callback must state none
		labels    string // where the object's labels are stored: "tags", "metadata", or "" if it has none
	}{
		"exact aspect":    {story, scenario.Upright, "/v1/en/9x16.mp4", "mp4", "", ""},
		"another case":    {story, scenario.Upright, "/V1/EN/9X16.MP4", "mp4", "", ""},
		"feed family":     {feed, "HRT-1212/v2/en/4x5.mp4", "/v1/en/feed.mp4", "mp4", "4x5", ""},
		"image":           {image, "HRT-1212/v2/en/1x1.jpg", "/v1/en/1x1.jpg", "jpg", "", ""},
		"WebP image":      {image, "HRT-1212/v2/de/1x1.webp", "/v1/en/1x1.webp", "webp", "", ""},
		"wrongly named":   {story, "HRT-77-1_de_9x16.mov", "-1_en_16x9.mp4", "mov", "", ""},
		"by tags":         {image, "summer/end card.png", " end card.png", "png", "", "tags"},
		"by metadata":     {image, "summer/end card.png", " end card.png", "png", "", "metadata"},
		"a difficult key": {story, scenario.Upright, " ä+%41 🍏/v1/x", "mp4", "", "tags"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			data, key := sample(t, test.sample), code+test.key
			var with masters.Labels
			switch test.labels {
			case "tags":
				with.Tags = labels(code)
			case "metadata":
				with.Metadata = labels(code)
			}
			s.Known(t, of(code), key, s.PutLabelled(t, key, data, with))

			request := s.ask(t, test.slot(code), "delivered")
			seen := s.wantDelivered(t, request, data)
			if c := seen.Outcome.Completion; c.Extension != test.extension || c.AspectRatio != test.aspect {
				t.Errorf("the callback said %+v, want extension %s, aspect %q", c, test.extension, test.aspect)
			}
			if seen.Item.Decision.Key != key {
				t.Errorf("delivered %q, want %q", seen.Item.Decision.Key, key)
			}
		})
	}
}

// If no master exists, or only masters of similar slots, for example of another locale, a request
// must be skipped with the right reason.
func TestSimilarMastersAreNeverDelivered(t *testing.T) { byEachDoor(t, testSkips) }

func testSkips(t *testing.T, s *env) {
	tests := map[string]struct {
		key    func(code string) string
		sample string
		reason string
	}{
		"nothing at all":    {nil, "", "no_match:creative"},
		"another aspect":    {func(code string) string { return code + "/v1/en/1x1.mp4" }, square, "no_match:aspect"},
		"a name that lies":  {storyKey, square, "no_match:aspect"},
		"another locale":    {func(code string) string { return code + "/v1/de/9x16.mp4" }, scenario.Upright, "no_match:locale"},
		"no locale":         {func(code string) string { return code + "/v1/9x16.mp4" }, scenario.Upright, "no_match:locale"},
		"another kind":      {func(code string) string { return code + "/v1/en/1x1.jpg" }, "HRT-1212/v2/en/1x1.jpg", "no_match:kind"},
		"another variation": {func(code string) string { return code + "/v12/en/9x16.mp4" }, scenario.Upright, "no_match:creative"},
		"a longer code":     {func(code string) string { return code + "2/v1/en/9x16.mp4" }, scenario.Upright, "no_match:creative"},
		"a thumbnail":       {func(code string) string { return code + "/v1/en/9x16_thumbnail.jpg" }, scenario.Upright, "no_match:creative"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			if test.key != nil {
				s.Put(t, test.key(code), sample(t, test.sample))
			}
			s.wantSkipped(t, s.ask(t, story(code), "skipped"), test.reason)
		})
	}
}

// A request whose only master is damaged must be skipped with the reason "corrupt", not with the
// reason that no master exists.
func TestDamagedMastersAreSkippedAsCorrupt(t *testing.T) { byEachDoor(t, testUnusableMasters) }

func testUnusableMasters(t *testing.T, s *env) {
	tests := map[string]struct {
		key    string // the part of the master's key that follows the creative's code
		data   func(t *testing.T) []byte
		reason string
	}{
		"cut off":  {"/v1/en/9x16.mp4", func(t *testing.T) []byte { data := sample(t, scenario.Upright); return data[:len(data)/2] }, "corrupt"},
		"no media": {"/v1/en/9x16.mp4", func(*testing.T) []byte { return []byte("this is no film at all") }, "corrupt"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := newCode()
			s.Put(t, code+test.key, test.data(t))
			s.wantSkipped(t, s.ask(t, story(code), "skipped"), test.reason)
		})
	}
}

// Requests with a signature of any scheme must be delivered. While the platform rotates a secret,
// it signs with two secrets, and one known secret must be enough.
func TestEverySchemeAndARotatingSecretAreAccepted(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	data := s.Master(t, code, 0)
	unknown := func(scheme signature.Scheme) signature.Key {
		return mustKey(scheme, "whsec_bmV3IHNlY3JldCB0aGF0IG5vYm9keSBrbm93cyB5ZXQ=")
	}
	for scheme, secret := range map[signature.Scheme]string{
		signature.Outpost: scenario.Secret, signature.OutpostTimestamped: scenario.StampedSecret, signature.Standard: scenario.StandardSecret,
	} {
		known := mustKey(scheme, secret)
		for name, keys := range map[string][]signature.Key{
			"current": {known}, "rotating": {unknown(scheme), known}, "just rotated": {known, unknown(scheme)},
		} {
			t.Run(string(scheme)+" "+name, func(t *testing.T) {
				t.Parallel()
				request := s.request(t, story(code), adplatform.Options{})
				wantAnswer(t, s.sendBy(t, s.Gateway.Signing(scheme, keys...), request.Event()), 200, "delivered")
				s.wantDelivered(t, request, data)
			})
		}
	}
}

// The function URL passes a body with a binary content type in base64. A request with such a body
// must be verified and delivered like any other.
func TestBase64Body(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	data := s.Master(t, code, 0)
	request := s.request(t, story(code), adplatform.Options{})
	event := request.Event()
	event.Header = map[string][]string{"Content-Type": {"application/octet-stream"}}
	wantAnswer(t, s.send(t, event), 200, "delivered")
	s.wantDelivered(t, request, data)

	forged := s.request(t, story(code), adplatform.Options{}).Event()
	forged.Header = map[string][]string{"Content-Type": {"application/octet-stream"}, "X-Outpost-Signature": {"v0=00"}}
	wantAnswer(t, s.send(t, forged), 401, "unauthentic")
}

// If a delivered request arrives again, the answer must come from the ledger, even if the event's
// id and the spaces in the JSON differ.
func TestARepeatedRequestIsAnsweredFromTheLedger(t *testing.T) {
	byEachDoor(t, testARepeatedRequestIsAnsweredFromTheLedger)
}

func testARepeatedRequestIsAnsweredFromTheLedger(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 0)
	request := s.ask(t, story(code), "delivered")
	other := request.Event()
	other.ID = "evt_retried-by-hand"
	other.Body = append([]byte("  "), bytes.Replace(other.Body, []byte(`,`), []byte(" ,\n"), 1)...)
	verbatim := other
	verbatim.Verbatim = true
	for _, event := range []gateway.Event{request.Event(), other, verbatim} {
		wantAnswer(t, s.send(t, event), 200, "delivered")
	}
	s.wantDelivered(t, request, data)
	if item := s.Item(t, request); item.Attempts != 1 {
		t.Errorf("%d runs worked on it, want one", item.Attempts)
	}
}

// If 32 copies of an event arrive at once, the master must be uploaded only once. Each copy must
// get the answer "delivered", or the answer that the request is in the queue.
func TestCopiesAtOnce(t *testing.T) { byEachDoor(t, testCopiesAtOnce) }

func testCopiesAtOnce(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 1<<20)
	request := s.request(t, story(code), adplatform.Options{})
	for _, result := range s.copies(t, request.Event(), 32) {
		// The status 409 means that another run still holds the request, so the gateway sends it
		// again.
		for result.Status == 409 {
			result = s.send(t, request.Event())
		}
		s.wantEnd(t, request, s.heard(t, result), "delivered")
	}
	s.wantDelivered(t, request, data)
}

// If a master's key and a request spell a code differently, for example in another case, but mean
// the same creative, the master must be delivered.
func TestAMasterIsFoundUnderAnotherSpellingOfItsCode(t *testing.T) {
	byEachDoor(t, testAMasterIsFoundUnderAnotherSpellingOfItsCode)
}

func testAMasterIsFoundUnderAnotherSpellingOfItsCode(t *testing.T, s *env) {
	data, number := film(t, 0), strings.TrimPrefix(newCode(), "CR-")
	key := storyKey("hüt-" + number)
	s.Known(t, of("HÜT-"+number), key, s.Put(t, key, data))
	s.wantDelivered(t, s.ask(t, story("Hüt-"+number), "delivered"), data)
}
