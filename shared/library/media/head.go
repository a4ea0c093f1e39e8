package media

// SniffedBytes is how many bytes of a file's beginning [Sniff] looks at.
const SniffedBytes = sniffedBytes

// Sniff returns a file's kind, container, extension and media type, judged by its beginning
// alone. Kind is "" if the file is neither video nor image. Only [Probe] can tell whether the
// file is whole and how large its picture is.
func Sniff(head []byte) Info { return sniff(head[:min(len(head), sniffedBytes)]) }
