package main

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"hash/crc64"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// nvme is the table of S3's CRC-64. Its polynomial is the NVM Express Command Set
// Specification's, reversed.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// labelSHA256 is the metadata in which an upload notes what it uploaded, in hex.
const labelSHA256 = "sha256"

// partSize is the size of every part but the last, in bytes: the largest file has 640 of
// them, and S3 takes 10,000.
const partSize = 8 << 20

// part is the size of a file's part, by its number less one.
func (f *file) part(i int) int64 { return min(partSize, f.Size-int64(i)*partSize) }

// section is the content of a part.
func section(content io.ReaderAt, i int, size int64) *io.SectionReader {
	return io.NewSectionReader(content, int64(i)*partSize, size)
}

// sums are what a file's bytes come to.
type sums struct {
	sha256 string   // in hex
	whole  string   // CRC-64/NVME in base64, as S3 writes it
	parts  []string // as whole, of each part
}

// note is the metadata in which an upload notes what it uploads.
func (s sums) note() map[string]string { return map[string]string{labelSHA256: s.sha256} }

// sumUp reads a file once.
func (f *file) sumUp(ctx context.Context, content io.ReaderAt) (s sums, err error) {
	sha, whole := sha256.New(), crc64.New(nvme)
	for i := 0; int64(i)*partSize < f.Size; i++ {
		part := crc64.New(nvme)
		if _, err := io.Copy(io.MultiWriter(sha, whole, part), section(content, i, f.part(i))); err != nil {
			return sums{}, err
		}
		if err := ctx.Err(); err != nil {
			return sums{}, err
		}
		s.parts = append(s.parts, base64.StdEncoding.EncodeToString(part.Sum(nil)))
	}
	s.sha256, s.whole = hex.EncodeToString(sha.Sum(nil)), base64.StdEncoding.EncodeToString(whole.Sum(nil))
	return s, nil
}

// sameBytes reports whether an object of the same size has the same bytes: by what an
// upload of this command noted, by the CRC that S3 keeps of the whole, or by an ETag that
// is an MD5. Without any of them the file is uploaded again.
func sameBytes(content io.ReaderAt, size int64, head *s3.HeadObjectOutput) (bool, error) {
	noted, etag, crc := head.Metadata[labelSHA256], strings.Trim(value(head.ETag), `"`), value(head.ChecksumCRC64NVME)
	switch {
	case noted != "":
		got, err := sumOf(content, size, sha256.New())
		return hex.EncodeToString(got) == noted, err
	case crc != "" && head.ChecksumType == types.ChecksumTypeFullObject:
		got, err := sumOf(content, size, crc64.New(nvme))
		return base64.StdEncoding.EncodeToString(got) == crc, err
	case len(etag) == hex.EncodedLen(md5.Size) && head.ServerSideEncryption != types.ServerSideEncryptionAwsKms:
		got, err := sumOf(content, size, md5.New())
		return hex.EncodeToString(got) == etag, err
	}
	return false, nil
}

func sumOf(content io.ReaderAt, size int64, h hash.Hash) ([]byte, error) {
	_, err := io.Copy(h, io.NewSectionReader(content, 0, size))
	return h.Sum(nil), err
}
