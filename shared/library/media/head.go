package media

// SniffedBytes is the number of bytes at a file's beginning that [Sniff] reads.
const SniffedBytes = sniffedBytes

// Sniff returns a file's kind, container, extension and media type. It reads only head, the
// file's beginning. Kind is "" if the file is neither video nor image. Only [Probe] can find out
// whether the file is whole and how large its picture is.
func Sniff(head []byte) Info { return sniff(head[:min(len(head), sniffedBytes)]) }
