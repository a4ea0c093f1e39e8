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

// nvme is the table for CRC-64/NVME, the checksum that S3 computes. The bits of the polynomial are
// in reverse order. Source: NVM Express Command Set Specification.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// labelSHA256 is the name of the metadata entry in which an upload stores the file's SHA-256, in
// hex.
const labelSHA256 = "sha256"

// partSize is the size in bytes of every part except the last. The largest file has 640 parts, and
// S3 allows 10,000.
const partSize = 8 << 20

// part returns the size in bytes of part i. Parts are counted from 0 here, but from 1 in S3.
func (f *file) part(i int) int64 { return min(partSize, f.Size-int64(i)*partSize) }

// section returns a reader of the bytes of part i. size is the size of that part in bytes. Parts are
// counted from 0.
func section(content io.ReaderAt, i int, size int64) *io.SectionReader {
	return io.NewSectionReader(content, int64(i)*partSize, size)
}

// sums holds the checksums of a file.
type sums struct {
	sha256 string   // SHA-256 of the whole file in hex
	whole  string   // CRC-64/NVME of the whole file in base64, as S3 writes it
	parts  []string // CRC-64/NVME of each part in base64, in the order of the parts
}

// sumUp reads the file once and computes all its checksums.
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

// sameBytes reports whether an object of the same size has the same bytes as the file. It compares
// the first of these checksums that the object has: the SHA-256 that an upload by this command
// stored, the CRC of the whole object, or an ETag that is an MD5. If the object has none of them,
// it returns false, so that the command uploads the file again.
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
