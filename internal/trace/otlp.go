package trace

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// What follows writes ExportTraceServiceRequest of OTLP 1 (opentelemetry-proto,
// trace/v1/trace.proto). The numbers are the fields' numbers there.

// encode writes a batch.
func encode(version string, batch []*span) []byte {
	scope := text(text(nil, 1, "mantlet"), 2, version)
	inner := nested(nil, 1, scope)
	for _, s := range batch {
		inner = nested(inner, 2, s.encode())
	}
	resource := nested(nil, 1, pair("service.name", "mantlet"))
	resource = nested(resource, 1, pair("service.version", version))
	return nested(nil, 1, nested(nested(nil, 1, resource), 2, inner))
}

func (s *span) encode() []byte {
	b := nested(nested(make([]byte, 0, 1024), 1, s.trace[:]), 2, s.id[:])
	if s.parent != ([8]byte{}) {
		b = nested(b, 4, s.parent[:])
	}
	b = number(text(b, 5, s.name), 6, s.kind)
	b = moment(moment(b, 7, s.begun), 8, s.ended)
	for _, a := range s.attrs {
		b = nested(b, 9, pair(a.key, a.text))
	}
	for _, e := range s.events {
		b = nested(b, 11, e.encode())
	}
	b = number(b, 12, s.dropped)
	if s.failed {
		b = nested(b, 15, number(nil, 3, 2)) // STATUS_CODE_ERROR
	}
	return protowire.AppendFixed32(protowire.AppendTag(b, 16, protowire.Fixed32Type), s.flags())
}

// flags are the trace's (sampled), and whether the parent is another program's.
func (s *span) flags() uint32 {
	const sampled, known, remote = 0x01, 0x100, 0x200
	if s.remote {
		return sampled | known | remote
	}
	return sampled | known
}

func (e event) encode() []byte {
	b := text(moment(nil, 1, e.at), 2, e.name)
	took := number(nil, 3, int(e.took))
	b = nested(b, 3, nested(text(nil, 1, "mantlet.stage.ns"), 2, took))
	if e.refused {
		b = nested(b, 3, pair("mantlet.stage.outcome", "refused"))
	}
	return b
}

// pair is a KeyValue with a string.
func pair(key, value string) []byte {
	return nested(text(nil, 1, key), 2, protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), value))
}

func nested(b []byte, n protowire.Number, inner []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), inner)
}

func text(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func number(b []byte, n protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(max(v, 0))) //nolint:gosec // never negative
}

func moment(b []byte, n protowire.Number, t time.Time) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, n, protowire.Fixed64Type), uint64(max(t.UnixNano(), 0))) //nolint:gosec // never negative
}

// rejected is how many spans a collector's answer says that it did not take:
// ExportTraceServiceResponse.partial_success.rejected_spans. What cannot be read
// says none.
func rejected(b []byte) int {
	partial, _ := protowire.ConsumeBytes(field(b, 1, protowire.BytesType))
	n, used := protowire.ConsumeVarint(field(partial, 1, protowire.VarintType))
	if used < 0 || n > queued {
		return 0
	}
	return int(n)
}

// field is what stands in b from the value of field n on; nil where it is not there.
func field(b []byte, n protowire.Number, kind protowire.Type) []byte {
	for len(b) > 0 {
		num, typ, used := protowire.ConsumeTag(b)
		if used < 0 {
			return nil
		}
		b = b[used:]
		if num == n && typ == kind {
			return b
		}
		if used = protowire.ConsumeFieldValue(num, typ, b); used < 0 {
			return nil
		}
		b = b[used:]
	}
	return nil
}
