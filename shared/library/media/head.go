package media

// SniffedBytes is how much of a file's beginning [Sniff] looks at.
const SniffedBytes = sniffedBytes

// Sniff tells what a file is by its beginning alone: kind, container, extension and media
// type. Whether it is whole, and how large its picture is, takes [Probe]. A Kind of ""
// is neither video nor image.
func Sniff(head []byte) Info { return sniff(head[:min(len(head), sniffedBytes)]) }
