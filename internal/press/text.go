package press

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A block is a paragraph, a headline or a line of page furniture.
type block struct {
	Span
	drop  string // why it is no part of the text; or ""
	label string // who speaks, where it begins with that: "Question", "Spokesperson"
	body  int    // where its words begin, after the label or a dateline
}

// furniture is what stands on a page beside the text: each pattern, on a line
// by itself, and what it is.
var furniture = []struct {
	why string
	re  *regexp.Regexp
}{
	{"an advertisement", regexp.MustCompile(`(?i)^\W*(advertisements?|adverts?|sponsored( content)?|promoted( content)?|story continues below.*|continue reading.*|article continues.*|scroll to continue.*)\W*$`)},
	{"a link to another article", regexp.MustCompile(`(?i)^\W*(read also|also read|read more|read next|see also|see more|also see|related( stories| story| news| articles?| coverage| topics)?|recommended|more (from|on|news|stories)\b.*|don'?t miss|must read|watch( also| live| now)?|listen|trending( now)?|in pictures|in pics|explained|explainer|most read|most popular|you may( also)? like|editor'?s picks?|top stories|latest news|live updates?)\s*([|:>»–—-].*)?$`)},
	{"tags of the page", regexp.MustCompile(`(?i)^\W*(tags?|topics?|keywords?|filed under|categories|category|labels?)\s*([|:].*)?$`)},
	{"the sources of the article", regexp.MustCompile(`(?i)^\W*(with (additional )?(agency|agencies|inputs?|reporting).*|(additional )?reporting by\b.*|(writing|editing|compiled) by\b.*|source:.*|sources:.*|(from )?(our|staff|news) (correspondent|reporter|desk|report).*)\W*$`)},
	{"a service of the page", regexp.MustCompile(`(?i)^\W*(share( this.*)?|tweet|e-?mail|print|comments?(\s*\(\d+\))?|leave a (comment|reply).*|subscribe\b.*|sign (up|in)\b.*|log ?in|register|newsletters?|follow us\b.*|follow .{1,30} on .*|copyright\b.*|©.*|all rights reserved.*|.{0,40}\ball rights reserved\W*|(file )?(photo|image|picture|video|caption|credit)s?( credit)?\s*[:/|].*|click here.*|tap here.*|(last )?(updated|published|posted|modified)\b.{0,60}|facebook|twitter|whatsapp|telegram|linkedin|copy link|home|menu|search|skip to .*|download (the|our) app.*|get our app.*|we use cookies.*|accept( all)?( cookies)?|by [A-Z][a-z]+( [A-Z][a-z.]+){0,3}|\d+ (min(ute)?s?|hours?|days?)( read| ago)|.{0,30}\d+ min(ute)? read)\W*$`)},
}

var (
	labelled = regexp.MustCompile(`^([\p{Lu}Q][^:.?!"“”\n]{0,80}):\s+`)
	// SARN, March 4 (Wire) - ; ISLAMABAD: ; Port Velm —
	dateline = regexp.MustCompile(`^[\p{Lu}][\p{L}’' .,/0-9]{1,60}(\([^)\n]{1,40}\)\s*)?(--?|–|—|:)\s+`)
	wire     = regexp.MustCompile(`^\([^)\n]{2,40}\)\s*(--?|–|—)\s+`)
)

// blocks cuts a text at blank lines, or at every line where it has none, and at
// lines that are furniture or begin with who speaks.
func blocks(text []byte) []block {
	var out []block
	paragraphs := bytes.Contains(text, []byte("\n\n")) || bytes.Contains(text, []byte("\n\r\n"))
	open := false
	for at := 0; at < len(text); {
		end := at + len(text[at:])
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i
		}
		line := trimmed(text, Span{at, end})
		why := furnishes(text[line.Start:line.End])
		switch {
		case line.Start == line.End:
			open = false
		case why != "":
			out = append(out, block{Span: line, drop: why, body: line.Start})
			open = false
		case open && paragraphs && !labelled.Match(text[line.Start:line.End]):
			out[len(out)-1].End = line.End
		default:
			out = append(out, block{Span: line, body: line.Start})
			open = true
		}
		at = end + 1
	}
	return out
}

func furnishes(line []byte) string {
	for _, f := range furniture {
		if f.re.Match(line) {
			return f.why
		}
	}
	return ""
}

func trimmed(text []byte, s Span) Span {
	for s.Start < s.End {
		r, n := utf8.DecodeRune(text[s.Start:s.End])
		if !unicode.IsSpace(r) && r != '\ufeff' {
			break
		}
		s.Start += n
	}
	for s.End > s.Start {
		r, n := utf8.DecodeLastRune(text[s.Start:s.End])
		if !unicode.IsSpace(r) {
			break
		}
		s.End -= n
	}
	return s
}

// headline reports whether a block is no sentence: it does not end like one.
func headline(words []byte) bool {
	s := strings.TrimRight(string(words), `"'”’»)] `)
	r, _ := utf8.DecodeLastRuneInString(s)
	return !strings.ContainsRune(".!?…:;", r) && len(strings.Fields(s)) <= 30
}

var abbreviations = map[string]bool{"mr": true, "mrs": true, "ms": true, "dr": true, "gen": true, "lt": true, "col": true, "maj": true, "brig": true,
	"sen": true, "gov": true, "rep": true, "st": true, "no": true, "jan": true, "feb": true, "mar": true, "apr": true, "jun": true, "jul": true, "aug": true,
	"sep": true, "sept": true, "oct": true, "nov": true, "dec": true, "prof": true, "adm": true, "capt": true, "cmdr": true, "vs": true, "etc": true, "approx": true, "e.g": true, "i.e": true}

// sentences cuts a block at its full stops. A quotation is not cut, so that
// what it denies in one sentence is not lost on the others.
func sentences(text []byte, b block) []Span {
	t := tokens(text[b.body:b.End], b.body)
	quotations(text, t)
	var out []Span
	start := b.body
	for i := 0; i < len(t); i++ {
		if t[i].word || !strings.Contains(".!?…", t[i].norm) {
			// A quotation that holds its own full stop ends a sentence if what
			// follows it begins one.
			continue
		}
		end, next := i, i+1
		for next < len(t) && !t[next].word && strings.Contains(`"”’'»)]`, t[next].norm) && t[next].start == t[end].end {
			end, next = next, next+1
		}
		switch {
		case t[i].quote != 0 && end == i: // within a quotation
			continue
		case next >= len(t):
		case t[next].start == t[end].end: // no space after it
			continue
		case i > 0 && t[i].norm == "." && t[i-1].end == t[i].start && abbreviated(t[i-1]):
			continue
		case !begins(t[next]):
			continue
		case i > 0 && (t[i-1].low == "a.m" || t[i-1].low == "p.m") && (days[t[next].low] || months[t[next].low]):
			continue
		}
		out = append(out, Span{start, t[end].end})
		if next >= len(t) {
			return out
		}
		start, i = t[next].start, end
	}
	if s := trimmed(text, Span{start, b.End}); s.Start < s.End {
		out = append(out, s)
	}
	return out
}

func abbreviated(t token) bool {
	return abbreviations[t.low] || utf8.RuneCountInString(t.norm) == 1 && t.capital()
}

func begins(t token) bool {
	if !t.word {
		return strings.Contains(`"“‘«'([„`, t.norm)
	}
	r, _ := utf8.DecodeRuneInString(t.norm)
	return unicode.IsUpper(r) || unicode.IsDigit(r) || strings.HasPrefix(t.norm, "al-")
}

// same reduces a sentence to what is compared when repeats are looked for.
func same(s []byte) string {
	return string(bytes.ToLower(bytes.Map(func(r rune) rune {
		if isWordRune(r) {
			return r
		}
		return -1
	}, s)))
}
