package note

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"detente/internal/jcs"
)

const salt = "000102030405060708090a0b0c0d0e0f"

// spell returns v in canonical form without any check of it.
func spell(t testing.TB, v any) []byte {
	t.Helper()
	b, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sampleMove() Move {
	return Move{
		Act: "incident/report",
		Fields: map[string]any{
			"civilian": true,
			"count":    int64(-3),
			"place":    map[string]any{"country": "PAK", "names": []any{"Panjgur", "پنجگور"}},
			"text":     channel.String(),
		},
		Matter:  &ID{Origin("PAK", channel, 1), 40},
		Office:  "mofa-spokesperson",
		Salt:    salt,
		Version: 1,
	}
}

func sampleContent() Content {
	return Content{
		Attachments: []Attachment{{Name: "readout.pdf", SHA256: fill(9), Size: 70_000, Type: "application/pdf"}},
		Authentic:   []string{"en", "fa"},
		Basis:       &Basis{Line: "facts 17", Mark: "reported"},
		Quotes:      []Quote{{Source: "press", Speaker: "a spokesperson", Words: "the right to respond"}},
		Salt:        salt,
		Texts: map[string]Wording{
			"point/1": {"en": "Both sides <agree> & \u2028 go on.", "fa": "هر دو طرف", "ur-Latn-PK": "donon"},
			"subject": {"en": "Telephone conversation"},
		},
		Version: 1,
	}
}

func TestMoveRoundTrip(t *testing.T) {
	opening := sampleMove()
	opening.Matter, opening.Fields = nil, nil
	for _, m := range []Move{sampleMove(), opening} {
		plain, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseMove(plain)
		if err != nil || !reflect.DeepEqual(*got, m) {
			t.Errorf("wrote %+v, read %+v, %v", m, got, err)
		}
	}
}

// A move is written from Go values of several kinds and always read as int64.
func TestMoveNumbers(t *testing.T) {
	m := sampleMove()
	m.Fields = map[string]any{"a": 7, "b": []int{1, 2}, "c": map[string]any{"d": uint64(jcs.MaxInteger)}, "e": -jcs.MaxInteger}
	plain, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseMove(plain)
	want := map[string]any{"a": int64(7), "b": []any{int64(1), int64(2)}, "c": map[string]any{"d": int64(jcs.MaxInteger)}, "e": int64(-jcs.MaxInteger)}
	if err != nil || !reflect.DeepEqual(got.Fields, want) {
		t.Errorf("read %#v, %v", got.Fields, err)
	}
}

// nested returns n objects, each inside the last.
func nested(n int) any {
	var v any = "x"
	for range n {
		v = map[string]any{"a": v}
	}
	return v
}

// Whatever Encode would write and no reader would accept, it refuses.
func TestMoveRefusals(t *testing.T) {
	field := func(v any) func(*Move) { return func(m *Move) { m.Fields = map[string]any{"f": v} } }
	name := func(s string) func(*Move) { return func(m *Move) { m.Fields = map[string]any{s: "x"} } }
	for _, c := range []struct {
		name string
		edit func(*Move)
	}{
		{"version", func(m *Move) { m.Version = 2 }},
		{"no act", func(m *Move) { m.Act = "" }},
		{"act without kind", func(m *Move) { m.Act = "report" }},
		{"act in upper case", func(m *Move) { m.Act = "Incident/report" }},
		{"act with a newline", func(m *Move) { m.Act = "incident/report\n" }},
		{"no office", func(m *Move) { m.Office = "" }},
		{"long office", func(m *Move) { m.Office = strings.Repeat("a", 41) }},
		{"office with a space", func(m *Move) { m.Office = "foreign office" }},
		{"no salt", func(m *Move) { m.Salt = "" }},
		{"short salt", func(m *Move) { m.Salt = salt[:30] }},
		{"long salt", func(m *Move) { m.Salt = salt + "00" }},
		{"upper-case salt", func(m *Move) { m.Salt = strings.ToUpper(salt) }},
		{"salt of other letters", func(m *Move) { m.Salt = "g" + salt[1:] }},
		{"matter of no feed", func(m *Move) { m.Matter = &ID{"PAK", 1} }},
		{"matter beyond 2^53-1", func(m *Move) { m.Matter.Index = 1 << 53 }},
		{"null", field(nil)},
		{"null inside", field([]any{nil})},
		{"fraction", field(1.5)},
		{"exponent", field(1e300)},
		{"not a number", field(math.NaN())},
		{"2^53", field(1 << 53)},
		{"-2^53", field(-1 << 53)},
		{"2^64-1", field(uint64(math.MaxUint64))},
		{"-0", field(json.Number("-0"))},
		{"1.0 inside", field(map[string]any{"g": json.Number("1.0")})},
		{"invalid UTF-8", field("\xff")},
		{"nine levels", field(nested(MaxDepth))},
		{"empty name", name("")},
		{"name with a space", name("a b")},
		{"name beyond ASCII", name("é")},
		{"name of invalid UTF-8", name("\xff")},
		{"name beyond ASCII inside", field(map[string]any{"é": true})},
		{"32 KiB", field(strings.Repeat("x", MaxMove))},
	} {
		m := sampleMove()
		c.edit(&m)
		if plain, err := m.Encode(); err == nil || plain != nil || !strings.Contains(err.Error(), "move: ") {
			t.Errorf("%s: Encode = %.60q, %v", c.name, plain, err)
		}
		raw, err := jcs.Marshal(m)
		if err != nil {
			continue // encoding/json has no form for it
		}
		if got, err := ParseMove(Pad(raw)); err == nil || got != nil {
			t.Errorf("%s: ParseMove(%.100s) = %+v, %v", c.name, raw, got, err)
		}
	}
	m := sampleMove()
	field(nested(MaxDepth - 1))(&m)
	if _, err := m.Encode(); err != nil {
		t.Errorf("%d levels: %v", MaxDepth, err)
	}
}

func TestContentRoundTrip(t *testing.T) {
	least := Content{Authentic: []string{"en"}, Salt: salt, Texts: map[string]Wording{}, Version: 1}
	for _, c := range []Content{sampleContent(), least} {
		plain, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseContent(plain)
		if err != nil || !reflect.DeepEqual(*got, c) {
			t.Errorf("wrote %+v, read %+v, %v", c, got, err)
		}
	}
}

func TestNoTextsHaveOneSpelling(t *testing.T) {
	c := sampleContent()
	c.Texts = nil
	plain, err := c.Encode()
	if err != nil || !bytes.Contains(plain, []byte(`"texts":{}`)) || c.Texts != nil {
		t.Fatalf("Encode = %s, %v", plain, err)
	}
	null := bytes.Replace(bytes.TrimRight(plain, " "), []byte(`"texts":{}`), []byte(`"texts":null`), 1)
	if _, err := ParseContent(Pad(null)); err == nil {
		t.Error("a content with null for texts was accepted: it has two spellings")
	}
}

func TestContentRefusals(t *testing.T) {
	file := func(edit func(*Attachment)) func(*Content) {
		return func(c *Content) { edit(&c.Attachments[0]) }
	}
	text := func(slot, lang, words string) func(*Content) {
		return func(c *Content) { c.Texts[slot] = Wording{lang: words} }
	}
	for _, c := range []struct {
		name string
		edit func(*Content)
	}{
		{"version", func(c *Content) { c.Version = 0 }},
		{"salt", func(c *Content) { c.Salt = salt[1:] }},
		{"no authentic language", func(c *Content) { c.Authentic = nil }},
		{"authentic unsorted", func(c *Content) { c.Authentic = []string{"fa", "en"} }},
		{"authentic twice", func(c *Content) { c.Authentic = []string{"en", "en"} }},
		{"authentic of no language", func(c *Content) { c.Authentic = []string{"English"} }},
		{"slot in upper case", text("Subject", "en", "x")},
		{"slot 0", text("point/0", "en", "x")},
		{"slot 01", text("point/01", "en", "x")},
		{"slot 10000", text("point/10000", "en", "x")},
		{"empty slot", text("", "en", "x")},
		{"language in upper case", text("subject", "EN", "x")},
		{"no language", text("subject", "", "x")},
		{"slot without texts", func(c *Content) { c.Texts["subject"] = Wording{} }},
		{"slot with null", func(c *Content) { c.Texts["subject"] = nil }},
		{"invalid UTF-8", text("subject", "en", "\xff")},
		{"1 MiB", text("subject", "en", strings.Repeat("x", MaxContent))},
		{"basis", func(c *Content) { c.Basis.Mark = "true" }},
		{"no file name", file(func(a *Attachment) { a.Name = "" })},
		{"long file name", file(func(a *Attachment) { a.Name = strings.Repeat("x", 256) })},
		{"file name with a slash", file(func(a *Attachment) { a.Name = "../x" })},
		{"file name with a backslash", file(func(a *Attachment) { a.Name = `a\b` })},
		{"file name .", file(func(a *Attachment) { a.Name = "." })},
		{"file name ..", file(func(a *Attachment) { a.Name = ".." })},
		{"file name with a zero byte", file(func(a *Attachment) { a.Name = "a\x00b" })},
		{"file name with an escape", file(func(a *Attachment) { a.Name = "a\x1b[2J" })},
		{"no media type", file(func(a *Attachment) { a.Type = "" })},
		{"half a media type", file(func(a *Attachment) { a.Type = "pdf" })},
		{"media type of two lines", file(func(a *Attachment) { a.Type = "text/plain\nx: y" })},
		{"large file", file(func(a *Attachment) { a.Size = MaxAttachment + 1 })},
		{"17 files", func(c *Content) {
			for len(c.Attachments) <= MaxAttachments {
				c.Attachments = append(c.Attachments, c.Attachments[0])
			}
		}},
	} {
		content := sampleContent()
		c.edit(&content)
		if plain, err := content.Encode(); err == nil || plain != nil || !strings.Contains(err.Error(), "content: ") {
			t.Errorf("%s: Encode = %.60q, %v", c.name, plain, err)
		}
		b, err := jcs.Marshal(content)
		if err != nil {
			continue // what has no spelling cannot be read either
		}
		if got, err := ParseContent(Pad(b)); err == nil || got != nil {
			t.Errorf("%s: ParseContent = %+v, %v", c.name, got, err)
		}
	}
}

// TestPayloadsHaveOneSpelling rewrites good payloads as bytes.
func TestPayloadsHaveOneSpelling(t *testing.T) {
	m, c := sampleMove(), sampleContent()
	move, content := string(spell(t, m)), string(spell(t, c))
	parseMove := func(b []byte) error { _, err := ParseMove(b); return err }
	parseContent := func(b []byte) error { _, err := ParseContent(b); return err }
	for _, x := range []struct {
		name, in, old, new string
		parse              func([]byte) error
	}{
		{"unknown name", move, `"version":1`, `"version":1,"x":1`, parseMove},
		{"same name twice", move, `"version":1`, `"version":1,"version":1`, parseMove},
		{"differently cased", move, `"act"`, `"Act"`, parseMove},
		{"same field twice", move, `"count":-3`, `"count":-3,"count":-3`, parseMove},
		{"same field twice inside", move, `"country":"PAK"`, `"country":"IRN","country":"PAK"`, parseMove},
		{"fields out of order", move, `"civilian":true,"count":-3`, `"count":-3,"civilian":true`, parseMove},
		{"space inside", move, `"count":-3`, `"count": -3`, parseMove},
		{"null matter", move, `"matter":"` + m.Matter.String() + `"`, `"matter":null`, parseMove},
		{"empty matter", move, m.Matter.String(), ``, parseMove},
		{"empty fields", `{"act":"line/test","office":"a","salt":"` + salt + `","version":1}`, `"office"`, `"fields":{},"office"`, parseMove},
		{"invalid UTF-8 inside", move, `Panjgur`, "Panj\xffgur", parseMove},
		{"fraction", move, `"count":-3`, `"count":-3.0`, parseMove},
		{"unknown name", content, `"version":1`, `"version":1,"x":1`, parseContent},
		{"same name twice", content, `"salt"`, `"salt":"","salt"`, parseContent},
		{"differently cased", content, `"texts"`, `"Texts"`, parseContent},
		{"same language twice", content, `"en":"Tel`, `"en":"","en":"Tel`, parseContent},
		{"same slot twice", content, `"subject"`, `"subject":{"en":"x"},"subject"`, parseContent},
		{"null basis", content, `{"line":"facts 17","mark":"reported"}`, `null`, parseContent},
		{"empty quotes", content, `[{"source":"press","speaker":"a spokesperson","words":"the right to respond"}]`, `[]`, parseContent},
		{"HTML escape", content, `<`, `\u003c`, parseContent},
		{"invalid UTF-8", content, `Telephone`, "Tele\xc0\x80phone", parseContent},
	} {
		bad := strings.Replace(x.in, x.old, x.new, 1)
		if bad == x.in {
			t.Fatalf("%s: nothing to replace", x.name)
		}
		if err := x.parse(Pad([]byte(x.in))); err != nil {
			t.Fatalf("%s: before: %v", x.name, err)
		}
		if err := x.parse(Pad([]byte(bad))); err == nil {
			t.Errorf("%s: %s was accepted", x.name, bad)
		}
	}
	for _, bad := range []string{"", "null", "[]", "{}", "{", strings.Repeat("[", MaxMove), `{"fields":` + strings.Repeat(`{"a":`, 6000)} {
		if parseMove(Pad([]byte(bad))) == nil || parseContent(Pad([]byte(bad))) == nil {
			t.Errorf("%.20q was accepted", bad)
		}
	}
}

func FuzzParseMove(f *testing.F) {
	m := sampleMove()
	f.Add(spell(f, m))
	f.Fuzz(func(t *testing.T, in []byte) {
		agreeOnMove(t, in)
		for _, plain := range [][]byte{in, Pad(in)} {
			m, err := ParseMove(plain)
			if err != nil {
				if m != nil {
					t.Fatalf("refused, yet returns %+v", m)
				}
				continue
			}
			again, err := m.Encode()
			if err != nil || !bytes.Equal(again, plain) {
				t.Fatalf("accepts %q, writes %q, %v", plain, again, err)
			}
		}
	})
}

func FuzzParseContent(f *testing.F) {
	c := sampleContent()
	f.Add(spell(f, c))
	f.Fuzz(func(t *testing.T, in []byte) {
		agreeOnContent(t, in)
		for _, plain := range [][]byte{in, Pad(in)} {
			c, err := ParseContent(plain)
			if err != nil {
				if c != nil {
					t.Fatalf("refused, yet returns %+v", c)
				}
				continue
			}
			again, err := c.Encode()
			if err != nil || !bytes.Equal(again, plain) {
				t.Fatalf("accepts %q, writes %q, %v", plain, again, err)
			}
		}
	})
}

func BenchmarkParseMove(b *testing.B) {
	m := sampleMove()
	plain, err := m.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run(fmt.Sprintf("bytes=%d", len(plain)), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseMove(plain); err != nil {
				b.Fatal(err)
			}
		}
	})
}
