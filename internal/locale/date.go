package locale

import (
	"strconv"
	"strings"
	"time"

	"detente/internal/locale/solar"
)

// dating is how a language writes dates of the Gregorian calendar: the names
// as the Unicode CLDR has them, the order in long and short; W is the day of
// the week, D the day, M the month, Y the year.
type dating struct {
	days, shortDays     [7]string // from Sunday
	months, shortMonths [12]string
	long, short, solar  string
}

var datings = map[string]*dating{
	"en": {
		days: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}, shortDays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months:      [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		long:        "W, D M Y", short: "W D M", solar: "D M Y",
	},
	"fa": {
		days: [7]string{"یکشنبه", "دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"}, shortDays: [7]string{"یکشنبه", "دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"},
		months:      [12]string{"ژانویهٔ", "فوریهٔ", "مارس", "آوریل", "مهٔ", "ژوئن", "ژوئیهٔ", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"},
		shortMonths: [12]string{"ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"},
		long:        "W D M Y", short: "W D M", solar: "D M Y",
	},
	"tr": {
		days: [7]string{"Pazar", "Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi"}, shortDays: [7]string{"Paz", "Pzt", "Sal", "Çar", "Per", "Cum", "Cmt"},
		months:      [12]string{"Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"},
		shortMonths: [12]string{"Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"},
		long:        "D M Y W", short: "D M W", solar: "D M Y",
	},
	"ur": {
		days: [7]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"}, shortDays: [7]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"},
		months:      [12]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"},
		shortMonths: [12]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"},
		long:        "W، D M، Y", short: "W D M", solar: "D M، Y",
	},
}

// Date writes a day in full: Friday, 19 January 2024.
func (l *Locale) Date(t time.Time) string {
	return l.fill(l.dates.long, l.dates.days[t.Weekday()], l.dates.months[t.Month()-1], t.Day(), t.Year())
}

// DateTime writes a day and hour in few letters, as t's zone reads them: Fri
// 19 Jan 2024 14:05.
func (l *Locale) DateTime(t time.Time) string { return l.ShortTime(t, time.Time{}) }

// ShortTime is DateTime without the year where it is that of now.
func (l *Locale) ShortTime(t, now time.Time) string {
	form := l.dates.short
	if t.Year() != now.Year() {
		form = strings.Replace(form, "M", "M Y", 1)
	}
	return l.fill(form, l.dates.shortDays[t.Weekday()], l.dates.shortMonths[t.Month()-1], t.Day(), t.Year()) + " " + l.Clock(t)
}

// Clock writes the hour: 14:05.
func (l *Locale) Clock(t time.Time) string { return l.Digits(t.Format("15:04")) }

// Weekday names a day of the week.
func (l *Locale) Weekday(d time.Weekday) string { return l.dates.days[d] }

// Month names a month of the Gregorian calendar, as it stands by itself.
func (l *Locale) Month(m time.Month) string {
	return strings.TrimSuffix(l.dates.months[m-1], "\u0654") // Persian's before a year
}

// Solar writes a day in the Solar Hijri calendar: 29 Dey 1402.
func (l *Locale) Solar(t time.Time) string {
	d := solar.Of(t)
	return l.fill(l.dates.solar, "", solar.Months(l.Tag)[d.Month-1], d.Day, d.Year)
}

func (l *Locale) fill(form, weekday, month string, day, year int) string {
	return strings.NewReplacer("W", weekday, "D", l.Digits(strconv.Itoa(day)), "M", month, "Y", l.Digits(strconv.Itoa(year))).Replace(form)
}

// Duration writes a time that passes, in its two greatest units, rounded
// down, without a sign: 2 h 10 min.
func (l *Locale) Duration(d time.Duration) string { return l.Say(elapsed(d)) }

func elapsed(d time.Duration) Phrase {
	minutes := int(d.Abs() / time.Minute)
	hours, days := minutes/60, minutes/60/24
	switch {
	case minutes == 0:
		return Phrasef("less than a minute")
	case hours == 0:
		return Phrasef("%d min", minutes)
	case days == 0 && minutes%60 == 0:
		return Phrasef("%d h", hours)
	case days == 0:
		return Phrasef("%d h %d min", hours, minutes%60)
	case hours%24 == 0:
		return Phrasef("%d d", days)
	}
	return Phrasef("%d d %d h", days, hours%24)
}
