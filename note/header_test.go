package note

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sampleHeader has every field, and about 1 KB.
func sampleHeader() Header {
	part := func(name string, i byte, size uint64) Part {
		return Part{Name: name, Plain: fill(0x10 + i), Sealed: fill(0x20 + i), Size: size}
	}
	return Header{
		Audience:   []string{"IRN", "PAK"},
		Charter:    fill(0xcc),
		Exercise:   true,
		Index:      41,
		Origin:     Origin("PAK", channel, 1),
		Parts:      []Part{part("move", 1, 3824), part("content", 2, 5360), part("attachment/1", 3, 70_000)},
		Precedence: "immediate",
		Seen:       []Head{{Origin("IRN", channel, 1), fill(0x33), 12}},
		Time:       "2024-01-19T10:31:00.000Z",
		Version:    1,
	}
}

func TestHeaderRoundTrip(t *testing.T) {
	for name, edit := range map[string]func(*Header){
		"full":       func(*Header) {},
		"real":       func(h *Header) { h.Exercise = false },
		"alone":      func(h *Header) { h.Audience = []string{"PAK"} },
		"first":      func(h *Header) { h.Index, h.Seen = 0, []Head{} },
		"greatest":   func(h *Header) { h.Index, h.Seen[0].Size = 1<<53-1, 1<<53-1 },
		"move alone": func(h *Header) { h.Parts = h.Parts[:1] },
		"other epoch": func(h *Header) {
			h.Seen = []Head{{Origin("IRN", channel, 1), fill(1), 1}, {Origin("PAK", channel, 2), fill(1), 1}}
		},
		"largest parts": func(h *Header) {
			h.Parts[0].Size, h.Parts[1].Size, h.Parts[2].Size = SealedLimit(MaxMove), SealedLimit(MaxContent), SealedLimit(MaxAttachment)
		},
	} {
		h := sampleHeader()
		edit(&h)
		entry, err := h.Encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := Parse(entry)
		if err != nil || !reflect.DeepEqual(got, h) {
			t.Errorf("%s: wrote %+v, read %+v, %v", name, h, got, err)
		}
	}
}

func TestHeaderMethods(t *testing.T) {
	h := sampleHeader()
	if h.ID() != (ID{h.Origin, 41}) || h.Party() != "PAK" {
		t.Errorf("ID %v, party %s", h.ID(), h.Party())
	}
	if p, ok := h.Part("content"); !ok || p != h.Parts[1] {
		t.Errorf("Part(content) = %v, %v", p, ok)
	}
	if p, ok := h.Part("attachment/2"); ok || p != (Part{}) {
		t.Errorf("Part(attachment/2) = %v, %v", p, ok)
	}
	if !h.For("IRN") || !h.For("PAK") || h.For("TUR") || h.For("") {
		t.Error("For does not tell the audience from others")
	}
	if h.SeenSize(Origin("IRN", channel, 1)) != 12 || h.SeenSize(Origin("TUR", channel, 1)) != 0 {
		t.Error("SeenSize is wrong")
	}
	if want := time.Date(2024, 1, 19, 10, 31, 0, 0, time.UTC); !h.When().Equal(want) {
		t.Errorf("When() = %s", h.When())
	}
	if h.Time = "soon"; !h.When().IsZero() {
		t.Errorf("When() of no time = %s", h.When())
	}
}

// An empty list has one spelling, whether or not the author's slice was nil.
func TestNothingSeenHasOneSpelling(t *testing.T) {
	h := sampleHeader()
	h.Seen = nil
	entry, err := h.Encode()
	if err != nil || !bytes.Contains(entry, []byte(`"seen":[]`)) {
		t.Fatalf("Encode = %s, %v", entry, err)
	}
	if h.Seen != nil {
		t.Error("Encode changed the header")
	}
	null := bytes.Replace(entry, []byte(`"seen":[]`), []byte(`"seen":null`), 1)
	if _, err := Parse(null); err == nil {
		t.Error("a header with null for seen was accepted: it has two spellings")
	}
}

// TestHeaderRefusals edits a good header; Encode and Parse must both refuse
// the result, and say the words that a person needs.
func TestHeaderRefusals(t *testing.T) {
	seen := func(origins ...string) func(*Header) {
		return func(h *Header) {
			h.Seen = nil
			for _, o := range origins {
				h.Seen = append(h.Seen, Head{o, fill(1), 1})
			}
		}
	}
	irn, tur := Origin("IRN", channel, 1), Origin("TUR", channel, 1)
	for _, c := range []struct {
		name, says string
		edit       func(*Header)
	}{
		{"version 0", "version 0", func(h *Header) { h.Version = 0 }},
		{"version 2", "version 2", func(h *Header) { h.Version = 2 }},
		{"no charter", "charter", func(h *Header) { h.Charter = Digest{} }},
		{"index", "2^53-1", func(h *Header) { h.Index = 1 << 53 }},
		{"origin", "origin", func(h *Header) { h.Origin = "PAK" }},
		{"precedence", "precedence", func(h *Header) { h.Precedence = "urgent" }},
		{"precedence's case", "precedence", func(h *Header) { h.Precedence = "Flash" }},
		{"no precedence", "precedence", func(h *Header) { h.Precedence = "" }},
		{"time with a zone", "time", func(h *Header) { h.Time = "2024-01-19T10:31:00.000+05:00" }},
		{"time without milliseconds", "time", func(h *Header) { h.Time = "2024-01-19T10:31:00Z" }},
		{"time with a comma", "time", func(h *Header) { h.Time = "2024-01-19T10:31:00,000Z" }},
		{"time of no day", "time", func(h *Header) { h.Time = "2024-02-30T10:31:00.000Z" }},
		{"leap second", "time", func(h *Header) { h.Time = "2016-12-31T23:59:60.000Z" }},
		{"before 1970", "time", func(h *Header) { h.Time = "1969-12-31T23:59:59.999Z" }},
		{"year 9999", "time", func(h *Header) { h.Time = "9999-01-01T00:00:00.000Z" }},
		{"no time", "time", func(h *Header) { h.Time = "" }},
		{"no audience", "audience", func(h *Header) { h.Audience = []string{} }},
		{"nil audience", "audience", func(h *Header) { h.Audience = nil }},
		{"audience without the author", "author", func(h *Header) { h.Audience = []string{"IRN"} }},
		{"audience unsorted", "sorted", func(h *Header) { h.Audience = []string{"PAK", "IRN"} }},
		{"audience twice", "twice", func(h *Header) { h.Audience = []string{"PAK", "PAK"} }},
		{"audience's code", "code", func(h *Header) { h.Audience = []string{"PAK", "pak"} }},
		{"audience of 65", "want 1 to 64", func(h *Header) {
			h.Audience = nil
			for i := range MaxAudience {
				h.Audience = append(h.Audience, fmt.Sprintf("A%02d", i))
			}
			h.Audience = append(h.Audience, "PAK")
		}},
		{"no parts", "parts", func(h *Header) { h.Parts = nil }},
		{"empty parts", "parts", func(h *Header) { h.Parts = []Part{} }},
		{"content first", "order", func(h *Header) { h.Parts[0], h.Parts[1] = h.Parts[1], h.Parts[0] }},
		{"attachment without content", "order", func(h *Header) { h.Parts = append(h.Parts[:1], h.Parts[2]) }},
		{"attachment/2 first", "order", func(h *Header) { h.Parts[2].Name = "attachment/2" }},
		{"attachment/01", "order", func(h *Header) { h.Parts[2].Name = "attachment/01" }},
		{"attachment twice", "order", func(h *Header) { h.Parts = append(h.Parts, h.Parts[2]) }},
		{"two moves", "order", func(h *Header) { h.Parts[1].Name = "move" }},
		{"unknown part", "order", func(h *Header) { h.Parts[1].Name = "Content" }},
		{"seventeen attachments", "want 1 to 18", func(h *Header) {
			for i := 2; i <= MaxAttachments+1; i++ {
				p := h.Parts[2]
				p.Name = fmt.Sprintf("attachment/%d", i)
				h.Parts = append(h.Parts, p)
			}
		}},
		{"no plain digest", "part content: no digest", func(h *Header) { h.Parts[1].Plain = Digest{} }},
		{"no sealed digest", "part move: no digest", func(h *Header) { h.Parts[0].Sealed = Digest{} }},
		{"size 0", "part move", func(h *Header) { h.Parts[0].Size = 0 }},
		{"large move", "part move", func(h *Header) { h.Parts[0].Size = SealedLimit(MaxMove) + 1 }},
		{"large content", "part content", func(h *Header) { h.Parts[1].Size = SealedLimit(MaxContent) + 1 }},
		{"large attachment", "part attachment/1", func(h *Header) { h.Parts[2].Size = SealedLimit(MaxAttachment) + 1 }},
		{"seen: itself", "itself", seen(Origin("PAK", channel, 1))},
		{"seen: other channel", "another channel", seen(Origin("IRN", fill(0xc2), 1))},
		{"seen: no origin", "origin", seen("IRN")},
		{"seen unsorted", "sorted", seen(tur, irn)},
		{"seen twice", "twice", seen(irn, irn)},
		{"seen: size 0", "size 0", func(h *Header) { h.Seen[0].Size = 0 }},
		{"seen: size 2^53", "has size", func(h *Header) { h.Seen[0].Size = 1 << 53 }},
		{"seen: 513 feeds", "limit is 512", func(h *Header) {
			h.Seen = nil
			for i := range MaxSeen + 1 {
				h.Seen = append(h.Seen, Head{Origin("IRN", channel, i+1), fill(1), 1})
			}
		}},
	} {
		h := sampleHeader()
		c.edit(&h)
		if _, err := h.Encode(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Encode says %v; want %q", c.name, err, c.says)
		}
		if _, err := Parse(spell(t, h)); err == nil || !strings.HasPrefix(err.Error(), "header: ") && !strings.HasPrefix(err.Error(), "a header has") {
			t.Errorf("%s: Parse says %v", c.name, err)
		}
	}
}

// TestHeaderHasOneSpelling rewrites the bytes of a good header: the value is
// the same or nearly so, the spelling is not the canonical one.
func TestHeaderHasOneSpelling(t *testing.T) {
	h := sampleHeader()
	entry, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new string }{
		{"unknown name", `"version":1`, `"version":1,"x":1`},
		{"unknown name inside", `"size":12`, `"size":12,"x":1`},
		{"same name twice", `"index":41`, `"index":41,"index":41`},
		{"same name twice, other value", `"index":41`, `"index":40,"index":41`},
		{"differently cased", `"index":41`, `"Index":41`},
		{"differently cased besides", `"index":41`, `"index":41,"INDEX":41`},
		{"differently cased inside", `"root"`, `"Root"`},
		{"Kelvin sign for k", `"seen"`, `"ſeen"`}, // U+017F folds to s
		{"missing name", `"index":41,`, ``},
		{"names out of order", `"exercise":true,"index":41`, `"index":41,"exercise":true`},
		{"space", `"index":41`, `"index": 41`},
		{"newline", `"index":41,`, "\"index\":41,\n"},
		{"fraction", `"index":41`, `"index":41.0`},
		{"exponent", `"index":41`, `"index":41e0`},
		{"leading zero", `"index":41`, `"index":041`},
		{"minus zero", `"index":41`, `"index":-0`},
		{"negative", `"index":41`, `"index":-1`},
		{"number as a string", `"index":41`, `"index":"41"`},
		{"false written out", `"exercise":true`, `"exercise":false`},
		{"null", `"exercise":true`, `"exercise":null`},
		{"null in a list", `"IRN"`, `null`},
		{"escape", `"IRN"`, `"\u0049RN"`},
		{"escaped slash", `attachment/1`, `attachment\/1`},
		{"invalid UTF-8", `immediate`, "immediat\xff"},
		{"lone surrogate", `immediate`, `immediat\ud800`},
		{"upper-case digest", strings.Repeat("cc", 32), strings.Repeat("CC", 32)},
		{"byte order mark", `{"audience"`, "\ufeff{\"audience\""},
		{"comment", `"index":41`, `/* */"index":41`},
		{"trailing comma", `"version":1}`, `"version":1,}`},
		{"second value", `"version":1}`, `"version":1}{}`},
		{"trailing newline", `"version":1}`, "\"version\":1}\n"},
		{"cut", `"version":1}`, `"version":1`},
	} {
		bad := strings.Replace(string(entry), c.old, c.new, 1)
		if bad == string(entry) {
			t.Fatalf("%s: nothing to replace", c.name)
		}
		if got, err := Parse([]byte(bad)); err == nil || !reflect.DeepEqual(got, Header{}) {
			t.Errorf("%s: Parse = %+v, %v", c.name, got, err)
		}
	}
	for _, bad := range []string{"", "null", "[]", "{}", "1", `"x"`, "[" + string(entry) + "]", strings.Repeat("[", 60_000)} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%.20q was accepted", bad)
		}
	}
}

// sizedHeader returns a header whose entry has exactly n bytes, by way of
// more heads in seen and of longer numbers in them.
func sizedHeader(t testing.TB, n int) Header {
	t.Helper()
	h := sampleHeader()
	h.Seen = []Head{}
	length := func() int { return len(spell(t, h)) }
	for i := 1000; length() < n-300; i++ {
		h.Seen = append(h.Seen, Head{Origin("IRN", channel, i), fill(1), 1})
	}
	for i := 0; length() < n; i++ {
		h.Seen[i].Size = 1
		for length() < n && h.Seen[i].Size < 1<<49 {
			h.Seen[i].Size *= 10
		}
	}
	if length() != n {
		t.Fatalf("made a header of %d bytes; want %d", length(), n)
	}
	return h
}

func TestHeaderOf65535Bytes(t *testing.T) {
	h := sizedHeader(t, MaxHeader)
	entry, err := h.Encode()
	if err != nil || len(entry) != 65_535 {
		t.Fatalf("Encode: %d bytes, %v", len(entry), err)
	}
	if _, err := Parse(entry); err != nil {
		t.Errorf("65,535 bytes: %v", err)
	}
	h = sizedHeader(t, MaxHeader+1)
	if err := h.check(); err != nil {
		t.Fatalf("nothing but its size is to be wrong: %v", err)
	}
	for _, err := range []error{second(h.Encode()), second(Parse(spell(t, h)))} {
		if err == nil || !strings.Contains(err.Error(), "65536 bytes; the limit is 65535") {
			t.Errorf("65,536 bytes: %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The limit on the sealed size must hold what Encode and package seal can
// make: the largest plaintext padded, a full audience, and the tags.
func TestSealedLimit(t *testing.T) {
	for _, plain := range []uint64{1, MaxMove, MaxContent, MaxAttachment} {
		padded := PaddedSize(plain)
		const header, stanza, nonce, tag = 70, 1557, 16, 16
		most := header + MaxAudience*stanza + nonce + padded + tag*((padded+65535)/65536)
		if SealedLimit(plain) < most {
			t.Errorf("SealedLimit(%d) = %d; a payload can have %d", plain, SealedLimit(plain), most)
		}
	}
}

func FuzzParse(f *testing.F) {
	h := sampleHeader()
	f.Add(spell(f, h))
	f.Fuzz(func(t *testing.T, entry []byte) {
		agreeOnHeader(t, entry)
		h, err := Parse(entry)
		if err != nil {
			if !reflect.DeepEqual(h, Header{}) {
				t.Fatalf("refused, yet returns %+v", h)
			}
			return
		}
		again, err := h.Encode()
		if err != nil || !bytes.Equal(again, entry) {
			t.Fatalf("accepts %q, writes %q, %v", entry, again, err)
		}
		if _, err := ParseID(h.ID().String()); err != nil || !h.For(h.Party()) || h.When().IsZero() || len(entry) > MaxHeader {
			t.Fatalf("accepts %q, which breaks a promise (%v)", entry, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	h := sampleHeader()
	for _, n := range []int{len(spell(b, h)), 16 << 10, MaxHeader} {
		entry := spell(b, h)
		if n > len(entry) {
			entry = spell(b, sizedHeader(b, n))
		}
		b.Run(fmt.Sprintf("bytes=%d", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(entry); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
