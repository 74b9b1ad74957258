package locale

import (
	"encoding/json"
	"html/template"
	"testing"
	"time"
)

func TestFor(t *testing.T) {
	for tag, want := range map[string]string{"": "en", "en": "en", "ur-PK": "ur", "fa": "fa", "tr-TR": "tr", "de": "en", "../x": "en"} {
		if got := For(tag).Tag; got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}

func TestAccept(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "fa-IR,fa;q=0.9,en;q=0.5": "fa", "de,tr;q=0.8": "tr", "ur": "ur", "de-DE,de": "en", "en;q=0.1,ur;q=0.9": "ur", ";;;q=x,,": "en",
	} {
		if got := Accept(header).Tag; got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// An argument never turns what stands around it, and is never markup.
func TestArguments(t *testing.T) {
	at := time.Date(2024, 1, 19, 14, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		lang, format string
		args         []any
		text, html   string
	}{
		{"en", "%s, %s", []any{"PAK", "ایران"}, "PAK, \u2068ایران\u2069", "<bdi>PAK</bdi>, <bdi>ایران</bdi>"},
		{"fa", "%s and %s", []any{"PAK", "IRN"}, "\u2068PAK\u2069 و \u2068IRN\u2069", "<bdi>PAK</bdi> و <bdi>IRN</bdi>"},
		{"en", "%s, %s", []any{"a\u202eb", "<i>"}, "a<U+202E>b, <i>", `<bdi>a<span class="control">U+202E</span>b</bdi>, <bdi>&lt;i&gt;</bdi>`},
		{"en", "%s & %s", []any{template.HTML("<b>x</b>"), 12345}, "<b>x</b> & 12,345", "<b>x</b> &amp; 12,345"},
		{"fa", "%s; %s", []any{12345, -2}, "۱۲٬۳۴۵؛ \u200e−۲", "۱۲٬۳۴۵؛ \u200e−۲"},
		{"fa", "%s, %s", []any{at, 130 * time.Minute}, "جمعه ۱۹ ژانویه ۲۰۲۴ ۱۴:۰۵، ۲ ساعت و ۱۰ دقیقه", "جمعه ۱۹ ژانویه ۲۰۲۴ ۱۴:۰۵، ۲ ساعت و ۱۰ دقیقه"},
		{"tr", "%s, %s", []any{Phrasef("%s and %s", "PAK", "IRN"), 1234}, "PAK ve IRN, 1.234", "<bdi>PAK</bdi> ve <bdi>IRN</bdi>, 1.234"},
		{"en", "%[2]s before %[1]s, 100%%, %s %x %[9]s", []any{"a", "b"}, "b before a, 100%, b %x %[9]s", "<bdi>b</bdi> before <bdi>a</bdi>, 100%, <bdi>b</bdi> %x %[9]s"},
		{"en", "50% of %s <it>", nil, "50% of %s <it>", "50% of %s &lt;it&gt;"},
	} {
		l := For(c.lang)
		if got := l.T(c.format, c.args...); got != c.text {
			t.Errorf("%s %q: %q, want %q", c.lang, c.format, got, c.text)
		}
		if got := l.HTML(c.format, c.args...); string(got) != c.html {
			t.Errorf("%s %q: %q, want %q", c.lang, c.format, got, c.html)
		}
	}
}

func TestPlural(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    any
		want string
	}{{"en", 0, "0 notes"}, {"en", 1, "1 note"}, {"en", uint64(2), "2 notes"}, {"en", -1, "−1 notes"}, {"tr", 1, "1 note"}, {"fa", 0, "۰ note"}, {"fa", 2, "۲ notes"}, {"ur", 0, "0 notes"}} {
		if got := For(c.lang).T("%d note|%d notes", c.n); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
	if got := For("ur").T("%d h", 1) + For("ur").T("%d h", 2); got != "1 گھنٹہ2 گھنٹے" {
		t.Error(got)
	}
}

// In JSON a phrase is its English text, as a terminal prints it.
func TestPhraseJSON(t *testing.T) {
	p := Phrasef("%s owes: %s", "PAK", Join("%s, %s", Phrasef("part %d", 1200), Phrasef("ab\u202ec"), Phrasef("ایران")))
	data, err := json.Marshal(struct {
		What  Phrase
		Empty Phrase `json:",omitzero"`
	}{What: p})
	if want := "{\"What\":\"PAK owes: part 1200, ab\u202ec, ایران\"}"; err != nil || string(data) != want {
		t.Fatalf("%s, want %s; %v", data, want, err)
	}
	var back struct{ What Phrase }
	if err := json.Unmarshal(data, &back); err != nil || back.What.String() != p.String() {
		t.Errorf("%q: %v", back.What, err)
	}
	if err := json.Unmarshal([]byte(`{"What":7}`), &back); err == nil {
		t.Error("a number is no phrase")
	}
	if got := For("ur").Say(Phrase{Format: "less than a minute"}); got != "ایک منٹ سے کم" {
		t.Errorf("a phrase that was read is said again: %q", got)
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    any
		want string
	}{{"en", 1234567, "1,234,567"}, {"en", 999, "999"}, {"tr", int64(-1000), "−1.000"}, {"fa", 2.5, "۲٫۵"}, {"tr", -1234.25, "−1.234,25"}, {"ur", uint64(18446744073709551615), "18,446,744,073,709,551,615"}, {"fa", "14:05", "۱۴:۰۵"}} {
		if got := For(c.lang).Number(c.n); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestSort(t *testing.T) {
	for lang, want := range map[string][]string{
		"tr": {"ay", "cam", "çam", "deniz", "ılık", "iş", "sen", "şen"},
		"fa": {"آب", "پل", "چای", "گل", "وقت", "هوا", "یاد"},
	} {
		got := append([]string(nil), want...)
		for i := range got[:len(got)/2] { // another order
			got[i], got[len(got)-1-i] = got[len(got)-1-i], got[i]
		}
		Sort(For(lang), got, func(s string) string { return s })
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %q, want %q", lang, got, want)
				break
			}
		}
	}
}

func TestDates(t *testing.T) {
	at := time.Date(2024, 5, 19, 14, 5, 0, 0, time.UTC)
	for lang, want := range map[string][5]string{
		"en": {"Sunday, 19 May 2024", "Sun 19 May 2024 14:05", "Sun 19 May 14:05", "30 Ordibehesht 1403", "May"},
		"fa": {"یکشنبه ۱۹ مهٔ ۲۰۲۴", "یکشنبه ۱۹ مه ۲۰۲۴ ۱۴:۰۵", "یکشنبه ۱۹ مه ۱۴:۰۵", "۳۰ اردیبهشت ۱۴۰۳", "مه"},
		"tr": {"19 Mayıs 2024 Pazar", "19 May 2024 Paz 14:05", "19 May Paz 14:05", "30 Ordibeheşt 1403", "Mayıs"},
		"ur": {"اتوار، 19 مئی، 2024", "اتوار 19 مئی 2024 14:05", "اتوار 19 مئی 14:05", "30 اردی\u200cبہشت، 1403", "مئی"},
	} {
		l := For(lang)
		if got := [5]string{l.Date(at), l.DateTime(at), l.ShortTime(at, at), l.Solar(at), l.Month(at.Month())}; got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	l := For("en")
	for d, want := range map[time.Duration]string{
		0: "less than a minute", 59 * time.Second: "less than a minute", time.Minute: "1 min", -130 * time.Minute: "2 h 10 min",
		3 * time.Hour: "3 h", 26 * time.Hour: "1 d 2 h", 48*time.Hour + time.Minute: "2 d",
	} {
		if got := l.Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
