package main

import (
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
)

// remedies tell of each reason why a file is not where it should be what a human can do.
// What may pass is tried again by itself until the file's link ends; "intake replay" has
// one tried that has ended.
var remedies = map[string]string{
	collect.CodeForbidden:     "the link leads where nothing is fetched from (not https, a private address, too many redirects): have the sender give a public https link",
	collect.CodeTooLarge:      "larger than the limit: raise collectMaxBytes (of builds: collectMaxBuild), deploy, and replay",
	collect.CodeEmpty:         "the sender's server gave no bytes: it is tried again; if it has ended, have the file made anew there",
	collect.CodeNotMedia:      "neither video nor image: a page in the place of a file often means that its link wants a login; have the sender give another",
	collect.CodeEncoded:       "the server sent it compressed though nobody asked: have the sender serve the file as it is",
	collect.CodeLength:        "the server said it to be longer than it is, twice: replay once the sender has mended it",
	collect.CodeRefused:       "the sender's server has it not, or not for us: it is tried again; if it has ended, replay if the link serves by now, else have it made anew there",
	collect.CodeServer:        "the sender's server has a problem: it is tried again; if it has ended, replay",
	collect.CodeUnreachable:   "the sender's server does not answer: it is tried again; if it has ended, replay",
	collect.CodeCut:           "the transfer broke off midway: it is tried again; if it has ended, replay",
	collect.CodeChanged:       "the file changed while it was fetched: it is tried again; if it has ended, replay",
	collect.CodeTime:          "more than one run can fetch: the next one goes on where it was",
	collect.CodeBucket:        `our own bucket refused it: it is tried again; see "` + typed("logs --function collect") + `"`,
	collect.CodeExists:        "another object has its key in the masters bucket: move that away, and replay",
	collect.CodeForeignBucket: "said to be in a bucket that is not this deployment's: correct the bucket in the sender's settings",
	collect.CodeAbsent:        "said to be in our bucket, and is not there: look at the sender's access to the bucket, and have it sent again",
	collect.CodeExpired:       "its link ended before it could be fetched: have the sender export it anew",
	collect.CodeGaveUp:        "tried for 13 days: have the sender announce it anew",
	collect.CodeOrphan:        "it is where it belongs, and lies as well where it was put before its coordinates were corrected, as a master that requests are answered with: delete that object",
	collect.CodeUnlisted:      "the subject has 200 files already, and no more are taken: fetch it from the sender and upload it under its name",

	collect.ProblemCoordinates: `the coordinates of the webhook's URL cannot be used, so that the file is unsorted: have it announced again to a URL that "` + typed("intake url SENDER") + `" prints`,
	collect.ProblemAspect:      "the coordinates of the webhook's URL have another aspect than the sender tells, so that it lies among the unsorted: correct the URL, or leave the aspect out of it, and have it announced again",
	collect.ProblemSeveral:     "several files were announced for the one master that the webhook's URL names, so that it lies among the unsorted: upload the right one under its name",
	collect.ProblemTag:         "the coordinates of the webhook's URL have characters that no tag of S3 may have, so that it lies among the unsorted: upload it under its name",

	senders.ProblemURLAbsent:   "the event tells no link: look whether the sender is to be told to send one",
	senders.ProblemURLUnusable: "what stands for its link is none: look at the event, and ask the sender",
	senders.ProblemStatus:      "the sender says that it has no such file: have it made anew there",
}
