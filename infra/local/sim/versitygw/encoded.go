package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3response"
)

// encoded is a backend that URL-encodes the keys in listings if the request asks for it, as S3
// does. Versity's gateway itself does not encode the keys, so a key with a control character would
// make the listing unreadable.
type encoded struct{ backend.Backend }

func (e encoded) ListObjects(ctx context.Context, in *s3.ListObjectsInput) (s3response.ListObjectsResult, error) {
	out, err := e.Backend.ListObjects(ctx, in)
	if asksEncoded(ctx) {
		out.EncodingType = types.EncodingTypeUrl
		encode(&out.Prefix, &out.Marker, &out.NextMarker, &out.Delimiter)
		encodeEach(out.Contents, func(o *s3response.Object) **string { return &o.Key })
		encodeEach(out.CommonPrefixes, func(p *types.CommonPrefix) **string { return &p.Prefix })
	}
	return out, err
}

func (e encoded) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input) (s3response.ListObjectsV2Result, error) {
	out, err := e.Backend.ListObjectsV2(ctx, in)
	if asksEncoded(ctx) {
		out.EncodingType = types.EncodingTypeUrl
		encode(&out.Prefix, &out.StartAfter, &out.Delimiter)
		encodeEach(out.Contents, func(o *s3response.Object) **string { return &o.Key })
		encodeEach(out.CommonPrefixes, func(p *types.CommonPrefix) **string { return &p.Prefix })
	}
	return out, err
}

func (e encoded) ListObjectVersions(ctx context.Context, in *s3.ListObjectVersionsInput) (s3response.ListVersionsResult, error) {
	out, err := e.Backend.ListObjectVersions(ctx, in)
	if asksEncoded(ctx) {
		out.EncodingType = types.EncodingTypeUrl
		encode(&out.Prefix, &out.KeyMarker, &out.NextKeyMarker, &out.Delimiter)
		encodeEach(out.Versions, func(v *s3response.ObjectVersion) **string { return &v.Key })
		encodeEach(out.DeleteMarkers, func(m *types.DeleteMarkerEntry) **string { return &m.Key })
		encodeEach(out.CommonPrefixes, func(p *types.CommonPrefix) **string { return &p.Prefix })
	}
	return out, err
}

func asksEncoded(ctx context.Context) bool {
	r, ok := ctx.(*fasthttp.RequestCtx)
	return ok && string(r.QueryArgs().Peek("encoding-type")) == string(types.EncodingTypeUrl)
}

// encode URL-encodes texts, except their slashes, as S3 does. It replaces the pointers and does not
// change the strings, because Versity's gateway may use one string in several places.
func encode(texts ...**string) {
	for _, text := range texts {
		if *text != nil {
			*text = new(strings.ReplaceAll(url.QueryEscape(**text), "%2F", "/"))
		}
	}
}

func encodeEach[T any](list []T, text func(*T) **string) {
	for i := range list {
		encode(text(&list[i]))
	}
}
