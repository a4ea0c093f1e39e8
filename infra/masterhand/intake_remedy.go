package main

import (
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
)

// remedies holds what the operator must do about a missing file, by the reason why the file is
// missing. Masterhand itself retries after a temporary fault until the file's link expires; after
// that, only a replay tries again.
var remedies = map[string]string{
	collect.CodeForbidden:     "masterhand does not fetch this link (not https, a private address, or too many redirects): ask the sender for a public https link",
	collect.CodeTooLarge:      "the file is larger than the limit: raise collectMaxBytes (for builds collectMaxBuild), deploy, and replay",
	collect.CodeEmpty:         "the sender's server sent no bytes: masterhand tries again; if that ends without success, make the file again at the sender",
	collect.CodeNotMedia:      "the file is neither video nor image: a web page instead of a file often means that the link needs a login; ask the sender for another link",
	collect.CodeEncoded:       "the server compressed the file although masterhand did not ask for that: ask the sender to serve the file uncompressed",
	collect.CodeLength:        "the server twice sent fewer bytes than it had announced: replay once the sender has repaired that",
	collect.CodeRefused:       "the sender's server does not have the file, or refuses it: masterhand tries again; if that ends without success, replay once the link works, or make the file again at the sender",
	collect.CodeServer:        "the sender's server has a problem: masterhand tries again; if that ends without success, replay",
	collect.CodeUnreachable:   "the sender's server does not answer: masterhand tries again; if that ends without success, replay",
	collect.CodeCut:           "the transfer broke off: masterhand tries again; if that ends without success, replay",
	collect.CodeSlow:          "the sender's server sends less than 64 KiB a second: masterhand continues the transfer later; if that ends without success, replay",
	collect.CodeChanged:       "the file changed during the transfer: masterhand tries again; if that ends without success, replay",
	collect.CodeTime:          "the file is larger than one run can fetch: the next run continues",
	collect.CodeBucket:        `the masters bucket refused the file: masterhand tries again; for the reason see "` + typed("logs --function collect") + `"`,
	collect.CodeExists:        "another object in the masters bucket has the file's key: move that object away, and replay",
	collect.CodeForeignBucket: "the sender names a bucket that does not belong to this deployment: correct the bucket in the sender's settings",
	collect.CodeAbsent:        "the sender says that it stored the file in the masters bucket, but the file is not there: check the sender's access to the bucket, and have the file sent again",
	collect.CodeExpired:       "the link expired before the file could be fetched: have the sender export the file again",
	collect.CodeGaveUp:        "masterhand tried for 13 days: have the sender announce the file again",
	collect.CodeOrphan:        "the file has its correct key, but a copy under the key of its earlier coordinates still answers requests: delete that copy",
	collect.CodeUnlisted:      "the subject already has 200 files, the most that masterhand takes: download the file from the sender and upload it under its name",

	collect.ProblemCoordinates: `the coordinates in the webhook's URL are unusable, so the file is unsorted: have it announced again to a URL that "` + typed("intake url SENDER") + `" prints`,
	collect.ProblemCode:        `the sender's token may not announce the code in the webhook's URL, so the file is unsorted: tag the file, or make a token for that code with "` + typed("intake token SENDER --codes SHAPES") + `" and have the file announced again`,
	collect.ProblemAspect:      "the webhook's URL and the sender name different aspects, so the file is unsorted: correct the aspect in the URL, or remove it, and have the file announced again",
	collect.ProblemSeveral:     "several files were announced for the one master that the webhook's URL names, so the file is unsorted: upload the right file under its name",
	collect.ProblemTag:         "the coordinates in the webhook's URL have characters that S3 does not allow in tags, so the file is unsorted: upload it under its name",

	senders.ProblemURLAbsent:   "the event has no link: check whether a setting at the sender adds one, or whether the sender renamed its JSON member; replay once masterhand knows the new name",
	senders.ProblemURLUnusable: "the event's link is not a URL: look at the event, and ask the sender",
	senders.ProblemUnknown:     "the sender uses a status that masterhand does not know: look at the event; once masterhand knows the status, replay",
	senders.ProblemStatus:      "the sender says that it does not have the file: make it again at the sender",
}
