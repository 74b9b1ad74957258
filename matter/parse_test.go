package matter

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParseFields(t *testing.T) {
	got, err := ParseFields("undertaking/offer", map[string][]string{
		"parts": {
			"by=PAK due=2024-01-26T23:59[Asia/Karachi] condition=when the other side = ready end=none",
			`{"by":"IRN","due":"none","end":"none"}`,
		},
		"half": {"de-escalation"},
	}, testNames)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(got)
	const want = `{"half":"de-escalation","parts":[{"by":"PAK","condition":"when the other side = ready","due":"2024-01-26T23:59:00+05:00[Asia/Karachi]","end":"none"},{"by":"IRN","due":"none","end":"none"}]}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	got, err = ReadFields("incident/report", map[string]any{"when": "2024-01-16", "where": "PK/Balochistan/Panjgur", "nature": "air-strike",
		"killed": json.Number("2"), "in-response-to": "IRN#5"}, testNames)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := testNames.Note("IRN#5")
	if got["killed"] != int64(2) || got["in-response-to"] != id.String() {
		t.Errorf("got %v", got)
	}
}

// TestParseFieldsNames wants every error to name its field.
func TestParseFieldsNames(t *testing.T) {
	for _, c := range []struct {
		act, name string
		given     []string
		field     string
		says      string
	}{
		{"message/sned", "form", []string{"letter"}, "act", "message/send"},
		{"message/send", "from", []string{"letter"}, "from", "form, goodwill"},
		{"message/send", "form", []string{"letter", "summons"}, "form", "2 times"},
		{"message/send", "form", []string{"postcard"}, "form", "none of"},
		{"undertaking/offer", "parts", []string{"by=PAK due=tomorrow end=none"}, "parts/1/due", "tomorrow"},
		{"undertaking/offer", "parts", []string{"by=PAK by=IRN"}, "parts/1", "twice"},
		{"undertaking/offer", "parts", []string{"PAK"}, "parts/1", "NAME=VALUE"},
		{"undertaking/offer", "parts", []string{"[1]"}, "parts/1", "object"},
		{"undertaking/report", "part", []string{"two"}, "part", "whole number"},
		{"line/suspend", "end", []string{"2023-10-29T02:30[Europe/Berlin]"}, "end", "twice"},
		{"line/suspend", "end", []string{"2023-03-26T02:30[Europe/Berlin]"}, "end", "no 2023-03-26T02:30"},
		{"message/send", "goodwill", []string{"maybe"}, "goodwill", "true"},
	} {
		_, err := ParseFields(c.act, map[string][]string{c.name: c.given}, testNames)
		f, ok := err.(*FieldError)
		if !ok || f.Field != c.field || !strings.Contains(f.Why, c.says) {
			t.Errorf("%s %s %q: got %v; want field %s, and %q", c.act, c.name, c.given, err, c.field, c.says)
		}
	}
}

func TestParseText(t *testing.T) {
	for arg, want := range map[string][3]string{
		"account=a=b":      {"account", "en", "a=b"},
		"account@fa=واژه":  {"account", "fa", "واژه"},
		"point/1@ur-PK=ok": {"point/1", "ur-PK", "ok"},
	} {
		slot, lang, words, err := ParseText(arg, "en")
		if err != nil || [3]string{slot, lang, words} != want {
			t.Errorf("%q: got %q %q %q, %v", arg, slot, lang, words, err)
		}
	}
	if _, _, _, err := ParseText("account", "en"); err == nil {
		t.Error("a text without = was taken")
	}
}
