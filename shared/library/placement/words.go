package placement

import (
	"strings"
	"sync"
)

// words maps the known words to their classes. Known words are terms of advertising and
// production that occur in file names. The map is built at its first use.
var words = sync.OnceValue(func() map[string]class {
	all := map[string]class{}
	for class, list := range map[class]string{
		known: `META FACEBOOK FB INSTAGRAM INSTA IG TIKTOK TT YOUTUBE YT SNAP SNAPCHAT PINTEREST LINKEDIN LI TWITTER
			GOOGLE DISPLAY GDN UAC DV360 TV CTV OOH DOOH CINEMA KINO WEB MOBILE DESKTOP APP THREADS REDDIT AMAZON
			VIDEOS IMAGES STATIC STATICS STAT STILLS CAROUSEL CAROUSELS KARUSSELL COLLECTION GIF BANNERS
			LINKAD LINKADS UGC FILMS SPOTS CLIPS TVC DCO PMAX ORG ORGANIC PAID AWARENESS CONVERSION RETARGETING
			FEED FEEDS REELS POSTS INSTREAM INFEED BUMPER PLACEMENT PLACEMENTS FORMAT FORMATE FORMATS RATIO
			PORTRAIT HOCHFORMAT QUERFORMAT WIDE WIDESCREEN VER FULLSCREEN
			VO VOICEOVER SOUNDON SOUNDOFF SOUND SOUNDS MUSIC MUTE MUTED NOSOUND MIX STEREO MONO AUDIO VOICE TON OHNETON
			CC SUB SUBS SUBTITLE SUBTITLES SUBTITLED SUBBED CAPTION CAPTIONS CAPTIONED UT UNTERTITEL OMU OV NOSUB NOSUBS SOUSTITRES VOST VOSTFR SDH
			TEXTLESS NOTEXT TEXT CLEAN GENERIC COMPRESSED HIRES UPLOAD UPLOADS READY DONE NEW NEU
			MASTER MASTERS EXPORT EXPORTS RENDER RENDERS RENDERED DELIVERY DELIVERIES DELIVERABLE DELIVERABLES LIVRABLE
			LIVRABLES LIEFERUNG ABGABE OUTPUT OUTPUTS ASSETS CREATIVES MEDIA FILES MATERIAL CONTENT FINALS VARIATIONS VARIANTS VERSIONS
			LANG LANGUAGE LOCALE SPRACHE LANGUE IDIOMA MARKET COUNTRY LAND
			STORYREEL STORYREELS TIMELINE UNTITLED PROJECT PROJECTS CAMPAIGN CAMPAIGNS KAMPAGNE CAMPAGNE TEASER TRAILER
			IMAGEFILM TESTIMONIAL TESTIMONIALS EXTERNAL INTERNAL SHORT LONG SHORTS CUTDOWN CUTDOWNS LOOP BOOMERANG
			KW CW QTR COMPOSITE DEF DEFINITIF DEFINITIV ULTIMATE LATEST LAST`,
		revision: `FINAL FINALE REV REVISION REVISED REVISIONS ROUND APPROVED FREIGABE FREIGEGEBEN VALIDE VALIDATED SIGNEDOFF
			FIX FIXED UPDATE UPDATED EDIT EDITED CORR CORRECTED CORRECTION KORREKTUR KORR AMEND AMENDS CUT CUTS SCHNITT RC GRADED GRADE`,
		stale: `OLD OLDER WIP DRAFT DRAFTS ENTWURF BROUILLON BORRADOR BOZZA ARCHIVE ARCHIVED ARCHIV ARCHIVES BACKUP BACKUPS BAK SICHERUNG
			REJECTED ABGELEHNT OBSOLETE OUTDATED VERALTET DEPRECATED SUPERSEDED DONOTUSE DNU UNAPPROVED
			ROUGHCUT ROHSCHNITT ANIMATIC PLACEHOLDER PLATZHALTER TMP TEMP LOWRES WATERMARK WATERMARKED TRASH PAPIERKORB DELETED UNUSED`,
		standIn: `THUMB THUMBS THUMBNAIL THUMBNAILS PREVIEW PREVIEWS POSTER POSTERS PROXY PROXIES VORSCHAU VORSCHAUBILD VIGNETTE MINIATURE MINIATURES MINIATURA`,
		counted: `TAKE SCENE SZENE SCENA SHOT CLIP PART TEIL PARTIE PARTE FRAME COMP SEQUENCE SEQUENZ SEQ HOOK CAM CAMERA KAMERA ROLL REEL DAY TAG
			EP EPISODE FOLGE CHAPTER KAPITEL SLIDE CARD PAGE SEITE OPTION OPT CONCEPT KONZEPT IDEA IDEE HEADLINE HL CTA ARTBOARD GROUP LAYER
			BOARD ASSET FILE PHOTO FOTO PIC BILD IMAGE VIDEO VID FILM SPOT AD ADS ANZEIGE BANNER POST SET BATCH LOT JOB ORDER TICKET ANGLE
			SCRIPT SCR ACTOR TALENT CREATOR MODEL SKU LEVEL SIZE MOTIV MOTIF CREATIVE TAKES WEEK WOCHE SEMAINE STORY STORIES TRACK
			IMG DSC DSCF DSCN MVI MOV PXL GOPR GH GX DJI WA SAM PICT REC STK KAKAOTALK SCREENSHOT SCREENRECORDING CHUNK SEGMENT TEST ALT PHASE FLIGHT`,
		copied: `COPY COPIE COPIA CÓPIA CÒPIA KOPIE KOPIA KOPI KOPYA KOPIO KOPIJA COPYOF DUPLICATE DUPLIKAT КОПИЯ КОПІЯ コピー のコピー 副本 复制 複製 사본 복사본 MÁSOLAT ΑΝΤΊΓΡΑΦΟ`,
	} {
		for word := range strings.FieldsSeq(list) {
			all[word] = class
		}
	}
	return all
})

// stalePhrases are the phrases that mark a file as unfinished or outdated. Those that are also written
// as one word stand among the words, too.
var stalePhrases = sync.OnceValue(func() (phrases [][]string) {
	for _, phrase := range []string{
		"DO NOT USE", "DO NOT SEND", "DO NOT DELIVER", "DONT USE", "DON'T USE", "NOT APPROVED", "NOT FINAL", "NOT FOR USE", "NICHT VERWENDEN",
		"NICHT FREIGEGEBEN", "NICHT BENUTZEN", "NE PAS UTILISER", "NO USAR", "WORK IN PROGRESS", "ROUGH CUT", "LOW RES", "ON HOLD", "TO DELETE",
		"PREVIOUS VERSION", "PREVIOUS VERSIONS", "OLD VERSIONS", "ALTE VERSION", "ALTE VERSIONEN", "FIRST DRAFT", "CLIENT DRAFT",
	} {
		phrases = append(phrases, strings.FieldsFunc(phrase, func(r rune) bool { return r == ' ' || r == '\'' }))
	}
	return phrases
})

// stalePhrase is the matcher for a phrase that marks a file as unfinished or outdated: DO_NOT_USE.
func (r *reader) stalePhrase(i int) token {
	for _, phrase := range stalePhrases() {
		n := 0
		for n < len(phrase) && r.isLetters(i+n) && r.runs[i+n].word == phrase[n] && (n == 0 || len(r.gap(i+n)) <= 1) {
			n++
		}
		if n == len(phrase) {
			return token{class: stale, to: i + n}
		}
	}
	return token{}
}

// word is the matcher for a known word without a number.
func (r *reader) word(i int) token {
	if !r.isLetters(i) {
		return token{}
	}
	switch class := words()[r.runs[i].word]; class {
	case free:
		return token{}
	case counted, copied:
		// the word normally has a number, as in "take 3"; without one it is an ordinary known word
		return token{class: known, to: i + 1}
	default:
		return token{class: class, to: i + 1}
	}
}

// revision is the matcher for the state of a file, which is no variation: final2, rev 2, r3,
// cut3.
func (r *reader) revision(i int) token {
	if !r.isLetters(i) || !r.isDigits(i+1) || len(r.runs[i+1].word) > 2 {
		return token{}
	}
	word, gap := r.runs[i].word, r.gap(i+1)
	short := (word == "R" || word == "RD") && gap == ""
	if short || words()[word] == revision && isLoose(gap) && !r.startsLonger(i) {
		return token{class: revision, to: i + 2}
	}
	return token{}
}

// counted is the matcher for a word with a number that counts something other than variations:
// take 3, hook-2, IMG_1234.
func (r *reader) counted(i int) token {
	if r.isLetters(i) && r.isDigits(i+1) && words()[r.runs[i].word] == counted && isLoose(r.gap(i+1)) && !r.startsLonger(i) {
		return token{class: counted, to: i + 2}
	}
	return token{}
}

// startsLonger reports whether the number after word i begins a longer token: "video 9x16".
func (r *reader) startsLonger(i int) bool { return r.numbered(i+1).to > i+1 }

// isLoose reports whether the characters gap may separate a word from its number.
func isLoose(gap string) bool { return len(gap) <= 3 && strings.Trim(gap, " -_.#:°º") == "" }

// copyMark is the matcher for the marks that file managers, drives and browsers add to a copy's
// name: "Copy of", "Copy (2) of", "copy 2", "- Kopie (3)", "(1)".
func (r *reader) copyMark(i int) token {
	if r.isDigits(i) {
		open, shut := r.gap(i), r.gap(i+1)
		counts := strings.HasSuffix(open, "(") && strings.HasPrefix(shut, ")") || strings.HasSuffix(open, "[") && strings.HasPrefix(shut, "]")
		ends := i+1 == len(r.runs) || strings.Contains(shut, "/")
		if counts && ends && i > 0 && !strings.Contains(open, "/") && len(r.runs[i].word) <= 3 {
			return token{class: copied, to: i + 1}
		}
		return token{}
	}
	if words()[r.runs[i].word] != copied {
		return token{}
	}
	t := token{class: copied, to: i + 1}
	if r.isDigits(t.to) && len(r.runs[t.to].word) <= 3 && strings.Trim(r.gap(t.to), " ()") == "" && !r.startsLonger(i) {
		t.to++
	}
	if begins := i == 0 || strings.Contains(r.gap(i), "/") || r.previous(i).class == copied; begins && r.isLetters(t.to) {
		switch r.runs[t.to].word {
		case "OF", "DE", "DI", "VON", "VAN", "AV", "AF", "AZ":
			t.to++
		}
	}
	return t
}

// withoutCopyMarks returns a path without the copy marks at both ends of its last part.
func withoutCopyMarks(path string) string {
	folders, name := "", path
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		folders, name = path[:at+1], path[at+1:]
	}
	for range maxCopyMarks {
		r := read(newText(name), &Rules{})
		if len(r.tokens) < 2 {
			break
		}
		first, last := r.tokens[0], r.tokens[len(r.tokens)-1]
		switch {
		case last.class == copied:
			name = strings.TrimRight(name[:r.runs[last.from].start], " _-([")
		case first.class == copied:
			name = strings.TrimLeft(name[r.runs[first.to].start:], " _-")
		default:
			return folders + name
		}
	}
	return folders + name
}

// maxCopyMarks is the largest number of copy marks that are removed from a name. A copy of a copy
// has several.
const maxCopyMarks = 4
