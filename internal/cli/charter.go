package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/charter"
	"detente/internal/web"
	"detente/matter"
)

const charterHelp = `Members, offices and clocks are given as NAME=VALUE pairs:

  --member 'party=PAK zone=Asia/Karachi weekend=saturday,sunday holidays=2024-02-05'
           role=principal (default), facilitator or observer; an observer has scope=hashes, headers or full.
           The party's credence must have been imported.
  --office 'party=PAK code=mfa name=Foreign ministry says=* binds=*'
           ad-referendum=true: it binds subject to its capital. A member for which none is given gets the
           office mfa; a principal's says and binds everything.
  --clock  'act=incident/question hours=48 name=answer to a question', or days= for working days

The draft is written to FILE. Every principal signs the identical bytes: detente charter sign FILE.`

// charterFlags are the flags of charter draft and charter amend.
type charterFlags struct {
	name, purpose                          string
	exercise                               bool
	members, offices, clocks, langs, rolls many
	local                                  many
	pending, bytes, hour                   uint64
}

func (o *charterFlags) declare(f *flag.FlagSet) {
	f.StringVar(&o.name, "name", "", "the channel's name")
	f.StringVar(&o.purpose, "purpose", "", "what it is for")
	f.Var(&o.members, "member", "a party; may be given more than once")
	f.Var(&o.offices, "office", "an office; may be given more than once")
	f.Var(&o.clocks, "clock", "a clock; may be given more than once")
	f.Var(&o.langs, "language", "a language, en; may be given more than once")
	f.Var(&o.rolls, "roll-call", "a daily roll call, 09:00 UTC; may be given more than once")
	f.Var(&o.local, "local-first", "a kind or act that goes to the local posts first; may be given more than once")
	f.Uint64Var(&o.pending, "max-pending", 0, "notes without a receipt that a feed may have (10000)")
	f.Uint64Var(&o.bytes, "max-bytes", 0, "bytes of payloads that a feed may have on their way (1 GiB)")
	f.Uint64Var(&o.hour, "notes-per-hour", 0, "notes that a feed may have in an hour (1000000)")
}

// apply changes a charter as the flags say.
func (o *charterFlags) apply(ctx context.Context, cl *client, ch *charter.Charter) error {
	setIf(&ch.Name, o.name)
	setIf(&ch.Purpose, o.purpose)
	setIf(&ch.Quota.MaxPending, o.pending)
	setIf(&ch.Quota.MaxBytes, o.bytes)
	setIf(&ch.Quota.NotesPerHour, o.hour)
	if o.langs != nil {
		ch.Languages = o.langs
	}
	if o.rolls != nil {
		ch.RollCall = slices.Sorted(slices.Values(o.rolls))
	}
	if o.local != nil {
		ch.LocalFirst = o.local
	}
	for _, s := range o.members {
		if err := addMember(ctx, cl, ch, s); err != nil {
			return err
		}
	}
	for _, s := range o.offices {
		if err := addOffice(ch, s); err != nil {
			return err
		}
	}
	for _, s := range o.clocks {
		p, err := matter.Pairs(s, []string{"act", "days", "hours", "name"})
		if err != nil {
			return usage("--clock: %w", err)
		}
		k := charter.Clock{Act: p["act"], Name: p["name"]}
		for name, into := range map[string]*int{"days": &k.Days, "hours": &k.Hours} {
			if p[name] == "" {
				continue
			}
			if *into, err = strconv.Atoi(p[name]); err != nil {
				return usage("--clock: %s: %q is not a number", name, p[name])
			}
		}
		ch.Clocks = append(slices.DeleteFunc(ch.Clocks, func(o charter.Clock) bool { return o.Act == k.Act }), k)
	}
	slices.SortFunc(ch.Clocks, func(a, b charter.Clock) int { return strings.Compare(a.Act, b.Act) })
	for i := range ch.Members {
		m := &ch.Members[i]
		if len(m.Offices) == 0 && m.Role != charter.Observer {
			mfa := charter.Office{Code: "mfa", Name: "Ministry of Foreign Affairs", Says: []string{"*"}}
			if m.Role == charter.Principal {
				mfa.Binds = []string{"*"}
			}
			m.Offices = []charter.Office{mfa}
		}
	}
	return nil
}

func setIf[T comparable](into *T, v T) {
	var zero T
	if v != zero {
		*into = v
	}
}

func addMember(ctx context.Context, cl *client, ch *charter.Charter, s string) error {
	p, err := matter.Pairs(s, []string{"party", "role", "scope", "zone", "weekend", "holidays"})
	if err != nil {
		return usage("--member: %w", err)
	}
	m, known := ch.Member(p["party"])
	if !known {
		d, err := cl.document(ctx, p["party"])
		if err != nil {
			return fmt.Errorf("--member: there is no credence of %q here: import it first: %w", p["party"], err)
		}
		cred, err := charter.ParseCredence([]byte(d.Text))
		if err != nil {
			return err
		}
		m = charter.Member{Credence: cred.Digest(), Identity: cred.Identity, Name: cred.Name, Party: cred.Party, Role: charter.Principal, Zone: "UTC"}
	}
	setIf(&m.Role, p["role"])
	setIf(&m.Scope, p["scope"])
	setIf(&m.Zone, p["zone"])
	if w := commas(p["weekend"]); w != nil {
		m.Weekend = w
	}
	if h := commas(p["holidays"]); h != nil {
		m.Holidays = h
	}
	ch.Members = append(slices.DeleteFunc(ch.Members, func(o charter.Member) bool { return o.Party == m.Party }), m)
	slices.SortFunc(ch.Members, func(a, b charter.Member) int { return strings.Compare(a.Party, b.Party) })
	return nil
}

func addOffice(ch *charter.Charter, s string) error {
	p, err := matter.Pairs(s, []string{"party", "code", "name", "says", "binds", "ad-referendum"})
	if err != nil {
		return usage("--office: %w", err)
	}
	i := slices.IndexFunc(ch.Members, func(m charter.Member) bool { return m.Party == p["party"] })
	if i < 0 {
		return usage("--office: %q is not a member", p["party"])
	}
	o := charter.Office{AdReferendum: p["ad-referendum"] == "true", Binds: commas(p["binds"]), Code: p["code"], Name: p["name"], Says: commas(p["says"])}
	m := &ch.Members[i]
	m.Offices = append(slices.DeleteFunc(slices.Clone(m.Offices), func(other charter.Office) bool { return other.Code == o.Code }), o)
	slices.SortFunc(m.Offices, func(a, b charter.Office) int { return strings.Compare(a.Code, b.Code) })
	return nil
}

func setupDraft(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var o charterFlags
	o.declare(f)
	f.BoolVar(&o.exercise, "exercise", false, "the channel is an exercise, for good")
	return func(ctx context.Context, c *Call) error {
		return o.write(ctx, c, func(*client) (charter.Charter, error) {
			return charter.Charter{Exercise: o.exercise, Languages: []string{"en"}, Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 10_000, NotesPerHour: 1_000_000}, Version: charter.Version}, nil
		})
	}
}

func setupAmend(f *flag.FlagSet, _ []string) func(context.Context, *Call) error {
	var o charterFlags
	var channel string
	o.declare(f)
	f.StringVar(&channel, "channel", "", "the channel, where there are several")
	return func(ctx context.Context, c *Call) error {
		return o.write(ctx, c, func(cl *client) (charter.Charter, error) {
			var list struct{ Channels []web.Channel }
			if err := cl.call(ctx, "GET", "channels", nil, nil, &list); err != nil {
				return charter.Charter{}, err
			}
			list.Channels = slices.DeleteFunc(list.Channels, func(ch web.Channel) bool {
				return channel != "" && ch.Name != channel && !strings.HasPrefix(ch.ID.String(), channel)
			})
			if len(list.Channels) != 1 {
				return charter.Charter{}, usage("which channel? %d fit; say --channel", len(list.Channels))
			}
			d, err := cl.document(ctx, list.Channels[0].Charter.String())
			if err != nil {
				return charter.Charter{}, err
			}
			s, err := charter.ParseCharter([]byte(d.Text))
			if err != nil {
				return charter.Charter{}, err
			}
			ch := s.Charter
			ch.Amends, ch.Channel = &s.Digest, &list.Channels[0].ID
			return ch, nil
		})
	}
}

// write writes the draft of a charter that begins as first says.
func (o *charterFlags) write(ctx context.Context, c *Call, first func(*client) (charter.Charter, error)) (err error) {
	if err := c.want(1, 1, "one file"); err != nil {
		return err
	}
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.close()) }()
	ch, err := first(cl)
	if err != nil {
		return err
	}
	if err := o.apply(ctx, cl, &ch); err != nil {
		return err
	}
	s, err := charter.NewSigned(ch)
	if err != nil {
		return &ExitError{ExitUsage, err}
	}
	if err := c.writeFile(c.Args[0], s.Bytes()); err != nil {
		return err
	}
	c.done(c.Args[0], "The draft", "every principal signs it with: detente charter sign")
	return nil
}
