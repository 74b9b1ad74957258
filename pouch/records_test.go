package pouch

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"detente/note"
)

func TestLeavesAreSplit(t *testing.T) {
	for name, c := range map[string]struct{ n, size, records int }{
		"by number": {600, 10, 3},
		"by bytes":  {40, note.MaxHeader, 3},
		"none":      {0, 0, 0},
	} {
		in := Leaves{pak, 1000, nil}
		for i := range c.n {
			in.Entries = append(in.Entries, bytes.Repeat([]byte{byte(i)}, c.size))
		}
		records, err := EncodeLeaves(in)
		must(t, err)
		if len(records) != c.records {
			t.Errorf("%s: %d records, want %d", name, len(records), c.records)
		}
		out := Leaves{Origin: pak, Start: 1000}
		for _, r := range records {
			must(t, check(r.Type, int64(len(r.Body))))
			l, err := DecodeLeaves(r.Body)
			must(t, err)
			if l.Origin != pak || l.Start != out.Start+uint64(len(out.Entries)) {
				t.Errorf("%s: a record of %s at %d", name, l.Origin, l.Start)
			}
			out.Entries = append(out.Entries, l.Entries...)
		}
		if !reflect.DeepEqual(in, out) {
			t.Errorf("%s: other leaves came out", name)
		}
	}
}

func TestRecordLimits(t *testing.T) {
	have := func(change func(*Have)) error {
		h := Have{Channel: channel, From: "PAK", Feeds: []FeedHave{{irn, 0, channel, 1}, {pak, 0, channel, 1}}}
		change(&h)
		_, err := EncodeHave(h)
		return err
	}
	must(t, have(func(*Have) {}))
	many := make([]FeedHave, MaxFeeds+1)
	for name, change := range map[string]func(*Have){
		"wants":  func(h *Have) { h.Wants = make([]note.Digest, MaxWants+1) },
		"feeds":  func(h *Have) { h.Feeds = many },
		"nonce":  func(h *Have) { h.Nonce = strings.Repeat("x", MaxString+1) },
		"from":   func(h *Have) { h.From = "pak" },
		"origin": func(h *Have) { h.Feeds[0].Origin = "PAK" },
		"order":  func(h *Have) { h.Feeds[0], h.Feeds[1] = h.Feeds[1], h.Feeds[0] },
		"twice":  func(h *Have) { h.Feeds[1] = h.Feeds[0] },
		"size":   func(h *Have) { h.Feeds[0].Size = 1 << 53 },
	} {
		if have(change) == nil {
			t.Errorf("have: wrong %s was encoded", name)
		}
	}
	for _, body := range []string{
		`{"channel":"` + channel.String() + `","feeds":null,"from":"PAK","wants":[]}`,
		`{"channel":"` + channel.String() + `","feeds":[],"from":"PAK","wants":[],"x":1}`,
		`{"channel":"` + channel.String() + `","feeds":[],"from":"PAK","nonce":"","wants":[]}`,
		`{"channel":"` + channel.String() + `","feeds":[],"from":"PAK","wants":[]} `,
		strings.Repeat(" ", Types[TypeHave].Max+1),
	} {
		if _, err := DecodeHave([]byte(body)); err == nil {
			t.Errorf("decoded %.100q", body)
		}
	}

	for name, l := range map[string]Leaves{
		"origin": {"PAK", 0, [][]byte{{1}}},
		"index":  {pak, 1 << 53, [][]byte{{1}}},
		"entry":  {pak, 0, [][]byte{make([]byte, note.MaxHeader+1)}},
	} {
		if _, err := EncodeLeaves(l); err == nil {
			t.Errorf("leaves: wrong %s was encoded", name)
		}
	}
	one, err := EncodeLeaves(Leaves{pak, 0, [][]byte{{1}}})
	must(t, err)
	count := 2 + len(pak) + 8
	for name, change := range map[string]func([]byte) []byte{
		"no entries":    func(b []byte) []byte { b[count+1] = 0; return b[:count+2] },
		"257 entries":   func(b []byte) []byte { b[count], b[count+1] = 1, 1; return append(b, make([]byte, 600)...) },
		"too few":       func(b []byte) []byte { b[count+1] = 2; return b },
		"trailing byte": func(b []byte) []byte { return append(b, 0) },
		"long string":   func(b []byte) []byte { b[0] = 0xff; return b },
	} {
		if _, err := DecodeLeaves(change(bytes.Clone(one[0].Body))); err == nil {
			t.Errorf("leaves: decoded with %s", name)
		}
	}

	data := []byte("data")
	for name, c := range map[string]Chunk{
		"no data":    {channel, 0, 4, nil},
		"long data":  {channel, 0, 2 << 20, make([]byte, MaxChunk+1)},
		"beyond end": {channel, 1, 4, data},
		"overflow":   {channel, 1<<64 - 2, 4, data},
		"too great":  {channel, 0, MaxSealed + 1, data},
	} {
		if _, err := EncodeChunk(nil, c); err == nil {
			t.Errorf("part: encoded with %s", name)
		}
	}
	must(t, check(rec(t)(EncodeChunk(nil, Chunk{channel, MaxSealed - MaxChunk, MaxSealed, make([]byte, MaxChunk)})).Type, int64(chunkHeader+MaxChunk)))

	head := note.Head{Origin: pak, Size: 1}
	for name, r := range map[string]Receipt{
		"no name":   {"", head, data},
		"long name": {strings.Repeat("x", MaxString+1), head, data},
		"origin":    {"n", note.Head{Origin: "x"}, data},
		"size":      {"n", note.Head{Origin: pak, Size: 1 << 53}, data},
		"no lines":  {"n", head, nil},
	} {
		if _, err := EncodeReceipt(r); err == nil {
			t.Errorf("receipt: encoded with %s", name)
		}
	}
}
