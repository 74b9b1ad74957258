package note

import (
	"bytes"
	"errors"

	"detente/internal/jcs"
)

// The three layers have one spelling each, so they are read as they are
// spelt: names in their order, optional ones where they may stand. What the
// values may be is the business of the check methods.

func readHeader(entry []byte) (Header, error) {
	var h Header
	r := jcs.NewReader(entry)
	r.Want(`{"audience":`)
	h.Audience = readWords(r)
	r.Want(`,"charter":`)
	h.Charter = readDigest(r)
	h.Exercise = r.Has(`,"exercise":true`)
	r.Want(`,"index":`)
	h.Index = r.Uint()
	r.Want(`,"origin":`)
	h.Origin = r.Word()
	r.Want(`,"parts":`)
	h.Parts = readList(r, readPart)
	r.Want(`,"precedence":`)
	h.Precedence = r.Word()
	r.Want(`,"seen":`)
	h.Seen = readList(r, readHead)
	r.Want(`,"time":`)
	h.Time = r.Text()
	r.Want(`,"version":`)
	h.Version = int(r.Int())
	r.Want(`}`)
	return h, r.End()
}

func readPart(r *jcs.Reader) (p Part) {
	r.Want(`{"name":`)
	p.Name = r.Word()
	r.Want(`,"plain":`)
	p.Plain = readDigest(r)
	r.Want(`,"sealed":`)
	p.Sealed = readDigest(r)
	r.Want(`,"size":`)
	p.Size = r.Uint()
	r.Want(`}`)
	return p
}

func readHead(r *jcs.Reader) (h Head) {
	r.Want(`{"origin":`)
	h.Origin = r.Word()
	r.Want(`,"root":`)
	h.Root = readDigest(r)
	r.Want(`,"size":`)
	h.Size = r.Uint()
	r.Want(`}`)
	return h
}

func readMove(b []byte) (*Move, error) {
	m := new(Move)
	r := jcs.NewReader(b)
	r.Want(`{"act":`)
	m.Act = r.Word()
	if r.Has(`,"fields":`) {
		m.Fields = r.Object(MaxDepth)
		if len(m.Fields) == 0 {
			r.Refuse(errors.New("fields: an empty object is left out"))
		}
	}
	if r.Has(`,"matter":`) {
		m.Matter = readID(r)
	}
	r.Want(`,"office":`)
	m.Office = r.Word()
	r.Want(`,"salt":`)
	m.Salt = r.Text()
	r.Want(`,"version":`)
	m.Version = int(r.Int())
	r.Want(`}`)
	return m, r.End()
}

func readContent(b []byte) (*Content, error) {
	c := new(Content)
	r := jcs.NewReader(b)
	r.Want(`{`)
	if r.Has(`"attachments":`) {
		c.Attachments = readList(r, readAttachment)
		if len(c.Attachments) == 0 {
			r.Refuse(errors.New("attachments: an empty list is left out"))
		}
		r.Want(`,`)
	}
	r.Want(`"authentic":`)
	c.Authentic = readWords(r)
	if r.Has(`,"basis":{"line":`) {
		c.Basis = new(Basis)
		c.Basis.Line = r.Text()
		r.Want(`,"mark":`)
		c.Basis.Mark = r.Word()
		r.Want(`}`)
	}
	if r.Has(`,"quotes":`) {
		c.Quotes = readList(r, readQuote)
		if len(c.Quotes) == 0 {
			r.Refuse(errors.New("quotes: an empty list is left out"))
		}
	}
	r.Want(`,"salt":`)
	c.Salt = r.Text()
	r.Want(`,"texts":`)
	c.Texts = readObject(r, func(r *jcs.Reader) Wording { return readObject(r, (*jcs.Reader).Text) })
	r.Want(`,"version":`)
	c.Version = int(r.Int())
	r.Want(`}`)
	return c, r.End()
}

func readAttachment(r *jcs.Reader) (a Attachment) {
	r.Want(`{"name":`)
	a.Name = r.Text()
	r.Want(`,"sha256":`)
	a.SHA256 = readDigest(r)
	r.Want(`,"size":`)
	a.Size = r.Uint()
	r.Want(`,"type":`)
	a.Type = r.Word()
	r.Want(`}`)
	return a
}

func readQuote(r *jcs.Reader) (q Quote) {
	r.Want(`{"source":`)
	q.Source = r.Text()
	r.Want(`,"speaker":`)
	q.Speaker = r.Text()
	r.Want(`,"words":`)
	q.Words = r.Text()
	r.Want(`}`)
	return q
}

func readWords(r *jcs.Reader) []string { return readList(r, (*jcs.Reader).Word) }

func readList[T any](r *jcs.Reader, read func(*jcs.Reader) T) []T {
	var few [4]T // most lists have no more, and a list is kept at its size
	list := few[:0]
	r.Want(`[`)
	for i := 0; r.More(i, ']'); i++ {
		list = append(list, read(r))
	}
	return append(make([]T, 0, len(list)), list...)
}

func readObject[T any](r *jcs.Reader, read func(*jcs.Reader) T) map[string]T {
	object := map[string]T{}
	r.Want(`{`)
	for i, name := 0, ""; r.More(i, '}'); i++ {
		name = r.Name(name)
		r.Want(`:`)
		object[name] = read(r)
	}
	return object
}

func readDigest(r *jcs.Reader) (d Digest) {
	r.Hex(d[:])
	return d
}

func readID(r *jcs.Reader) *ID {
	raw := r.Raw()
	origin, index, _ := bytes.Cut(raw, []byte("#"))
	id, err := newID(jcs.Word(origin), string(index))
	r.Refuse(err)
	return &id
}
