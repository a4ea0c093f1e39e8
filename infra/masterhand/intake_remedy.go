package main

import (
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
)

// remedies say for each reason why a file is missing what an operator can do. A fault that
// may pass is tried again until the file's link expires; a replay tries a file again after
// that.
var remedies = map[string]string{
	collect.CodeForbidden:     "the link is not one that is fetched (not https, a private address, too many redirects): ask the sender for a public https link",
	collect.CodeTooLarge:      "the file is larger than the limit: raise collectMaxBytes (for builds collectMaxBuild), deploy, and replay",
	collect.CodeEmpty:         "the sender's server sent no bytes: the file is tried again; once that has ended, make the file again at the sender",
	collect.CodeNotMedia:      "neither video nor image: a web page in place of a file often means that the link needs a login; ask the sender for another link",
	collect.CodeEncoded:       "the server sent the file compressed although nobody asked for that: have the sender serve the file as it is",
	collect.CodeLength:        "the server announced more bytes than it sent, twice: replay once the sender has repaired it",
	collect.CodeRefused:       "the sender's server does not have the file, or refuses it: the file is tried again; once that has ended, replay if the link works by then, or make the file again at the sender",
	collect.CodeServer:        "the sender's server has a problem: the file is tried again; once that has ended, replay",
	collect.CodeUnreachable:   "the sender's server does not answer: the file is tried again; once that has ended, replay",
	collect.CodeCut:           "the transfer broke off: the file is tried again; once that has ended, replay",
	collect.CodeSlow:          "the sender's server sends less than 64 KiB a second: the file is tried again, from where it was; once that has ended, replay",
	collect.CodeChanged:       "the file changed during the transfer: the file is tried again; once that has ended, replay",
	collect.CodeTime:          "the file is larger than one run can fetch: the next run continues",
	collect.CodeBucket:        `our own bucket refused the file: it is tried again; see "` + typed("logs --function collect") + `"`,
	collect.CodeExists:        "another object has the file's key in the masters bucket: move that object away, and replay",
	collect.CodeForeignBucket: "the sender names a bucket that is not this deployment's: correct the bucket in the sender's settings",
	collect.CodeAbsent:        "the sender says that the file is in our bucket, but it is not: check the sender's access to the bucket, and have the file sent again",
	collect.CodeExpired:       "the link expired before the file could be fetched: have the sender export the file again",
	collect.CodeGaveUp:        "tried for 13 days: have the sender announce the file again",
	collect.CodeOrphan:        "the file has its right key, but a copy under the key of its earlier coordinates still answers requests: delete that copy",
	collect.CodeUnlisted:      "the subject has 200 files already, and no more are taken: fetch the file from the sender and upload it under its name",

	collect.ProblemCoordinates: `the coordinates of the webhook's URL are unusable, so that the file is unsorted: have it announced again to a URL that "` + typed("intake url SENDER") + `" prints`,
	collect.ProblemCode:        `the sender's token may not announce the code of the webhook's URL, so that the file is unsorted: tag the file, or make a token for that code with "` + typed("intake token SENDER --codes SHAPES") + `" and have the file announced again`,
	collect.ProblemAspect:      "the webhook's URL and the sender name different aspects, so that the file is unsorted: correct the URL, or leave the aspect out of it, and have the file announced again",
	collect.ProblemSeveral:     "several files were announced for the one master that the webhook's URL names, so that the file is unsorted: upload the right one under its name",
	collect.ProblemTag:         "the coordinates of the webhook's URL have characters that S3 allows in no tag, so that the file is unsorted: upload it under its name",

	senders.ProblemURLAbsent:   "the event has no link: check whether a setting at the sender adds one, or whether the sender renamed the member; replay once masterhand knows the name",
	senders.ProblemURLUnusable: "the event's link is no URL: look at the event, and ask the sender",
	senders.ProblemUnknown:     "the sender uses a status that masterhand does not know: look at the event; once masterhand knows the status, replay",
	senders.ProblemStatus:      "the sender says that it does not have the file: make it again at the sender",
}
