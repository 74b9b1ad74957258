package locale

import (
	"embed"
	"encoding/json"
	"html"
	"html/template"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"
)

// Language is one language of the program.
type Language struct {
	Tag  string // BCP 47
	Name string // its own
	Dir  string // ltr, rtl

	digits, group, point string   // as CLDR has them; digits empty: 0 to 9
	one                  []uint64 // which numbers take the form for one
}

// Languages are those that the program speaks, English first.
var Languages = []Language{
	{Tag: "en", Name: "English", Dir: "ltr", group: ",", point: ".", one: []uint64{1}},
	{Tag: "ur", Name: "اردو", Dir: "rtl", group: ",", point: ".", one: []uint64{1}},
	{Tag: "fa", Name: "فارسی", Dir: "rtl", digits: "۰۱۲۳۴۵۶۷۸۹", group: "٬", point: "٫", one: []uint64{0, 1}},
	{Tag: "tr", Name: "Türkçe", Dir: "ltr", group: ".", point: ",", one: []uint64{1}},
}

// Locale says things in one language. It may be used by many at once.
type Locale struct {
	Language
	texts func() map[string]string
	dates *dating
}

//go:embed catalogue/*.json
var catalogues embed.FS

var locales = func() map[string]*Locale {
	out := map[string]*Locale{}
	for _, l := range Languages {
		out[l.Tag] = &Locale{Language: l, dates: datings[l.Tag], texts: sync.OnceValue(func() map[string]string { return catalogue(l.Tag) })}
	}
	return out
}()

// catalogue reads the texts of one language. English is the keys themselves.
func catalogue(tag string) map[string]string {
	texts := map[string]string{}
	if tag == English {
		return texts
	}
	data, err := catalogues.ReadFile("catalogue/" + tag + ".json")
	if err == nil {
		err = json.Unmarshal(data, &texts)
	}
	if err != nil {
		panic(err) // it is part of the program
	}
	return texts
}

// English is the language of the keys.
const English = "en"

// For returns the locale of a language, ur or ur-PK; English where it is none
// of the program's.
func For(tag string) *Locale {
	base, _, _ := strings.Cut(tag, "-")
	if l := locales[base]; l != nil {
		return l
	}
	return locales[English]
}

// acceptLimit is how much of an Accept-Language header is read.
const acceptLimit = 200

var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, l := range Languages {
		tags = append(tags, language.MustParse(l.Tag))
	}
	return language.NewMatcher(tags)
}()

// Accept returns the locale that an Accept-Language header asks for.
func Accept(header string) *Locale {
	if len(header) > acceptLimit {
		return For(English)
	}
	tags, _, _ := language.ParseAcceptLanguage(header)
	_, i, _ := matcher.Match(tags...)
	return For(Languages[i].Tag)
}

// T says a text with its arguments, as plain text.
func (l *Locale) T(format string, args ...any) string {
	return l.say(isolated, format, args)
}

// HTML says a text with its arguments, for a page. An argument that is
// template.HTML stands as it is.
func (l *Locale) HTML(format string, args ...any) template.HTML {
	return template.HTML(l.say(markup, format, args))
}

// form is what a text is said for.
type form int

const (
	plain    form = iota // programs: nothing is added
	isolated             // people, as text
	markup               // people, as HTML
)

func (l *Locale) say(f form, format string, args []any) string {
	text := format
	if s, ok := l.texts()[format]; ok {
		text = s
	}
	text = l.plural(text, args)
	if f == markup {
		text = html.EscapeString(text)
	}
	if len(args) == 0 {
		return text
	}
	var out strings.Builder
	for next := 0; ; {
		before, rest, found := strings.Cut(text, "%")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		at, length := verb(rest, next)
		switch {
		case strings.HasPrefix(rest, "%"):
			out.WriteByte('%')
			length = 1
		case length == 0 || at >= len(args): // no verb, or nothing to say: shown as it stands
			out.WriteByte('%')
			length = 0
		default:
			out.WriteString(l.argument(f, args[at]))
			next = at + 1
		}
		text = rest[length:]
	}
}

// verb reads what follows a percent sign: s, d, [2]s. It returns which
// argument is meant and how long the verb is; 0 means that it is none.
func verb(s string, next int) (at, length int) {
	if strings.HasPrefix(s, "[") {
		n, err := strconv.Atoi(s[1:max(1, strings.IndexByte(s, ']'))])
		if err != nil || n < 1 {
			return 0, 0
		}
		next, length = n-1, strings.IndexByte(s, ']')+1
	}
	if strings.HasPrefix(s[length:], "s") || strings.HasPrefix(s[length:], "d") {
		return next, length + 1
	}
	return 0, 0
}

// plural chooses between the forms of a text by the first integer.
func (l *Locale) plural(text string, args []any) string {
	one, other, found := strings.Cut(text, "|")
	if !found {
		return text
	}
	for _, a := range args {
		if n, negative, ok := integer(a); ok {
			for _, o := range l.one {
				if n == o && !negative {
					return one
				}
			}
			return other
		}
	}
	return text
}

func (l *Locale) argument(f form, a any) string {
	switch a := a.(type) {
	case Phrase:
		return l.say(f, a.Format, a.Args)
	case template.HTML:
		if f == markup {
			return string(a)
		}
	case time.Time:
		return l.DateTime(a)
	case time.Duration:
		p := elapsed(a)
		return l.say(f, p.Format, p.Args)
	}
	if n, negative, ok := integer(a); ok {
		if f == plain {
			return decimal(n, negative)
		}
		return l.number(n, negative)
	}
	s := str(a)
	switch {
	case f == markup:
		return "<bdi>" + string(Marked(s)) + "</bdi>"
	case f == isolated && (l.Dir == "rtl" || strings.ContainsFunc(s, RightToLeft)):
		return Isolate(Visible(s))
	case f == isolated:
		return Visible(s)
	}
	return s
}
