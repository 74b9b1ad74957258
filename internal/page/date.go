package page

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dating is how a language writes dates of the Gregorian calendar: the names
// as the Unicode CLDR has them, the order in long and short; W is the day of
// the week, D the day, M the month, Y the year. Digits are plain everywhere.
type dating struct {
	days, shortDays     [7]string // from Sunday
	months, shortMonths [12]string
	long, short         string
}

var datings = map[string]*dating{
	"en": {
		days: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}, shortDays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months:      [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		long:        "W, D M Y", short: "W D M",
	},
	"fa": {
		days: [7]string{"یکشنبه", "دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"}, shortDays: [7]string{"یکشنبه", "دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"},
		months:      [12]string{"ژانویهٔ", "فوریهٔ", "مارس", "آوریل", "مهٔ", "ژوئن", "ژوئیهٔ", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"},
		shortMonths: [12]string{"ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر"},
		long:        "W D M Y", short: "W D M",
	},
	"tr": {
		days: [7]string{"Pazar", "Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi"}, shortDays: [7]string{"Paz", "Pzt", "Sal", "Çar", "Per", "Cum", "Cmt"},
		months:      [12]string{"Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"},
		shortMonths: [12]string{"Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"},
		long:        "D M Y W", short: "D M W",
	},
	"ur": {
		days: [7]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"}, shortDays: [7]string{"اتوار", "پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ"},
		months:      [12]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"},
		shortMonths: [12]string{"جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون", "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر"},
		long:        "W، D M، Y", short: "W D M",
	},
}

// Languages are those in which a page can write dates.
func Languages() []string { return slices.Sorted(maps.Keys(datings)) }

// longDate writes a day in full.
func (d *dating) longDate(t time.Time) string {
	return fillDate(d.long, d.days[t.Weekday()], d.months[t.Month()-1], t)
}

// shortTime writes a day and hour in few letters, the year only where it is
// not that of now.
func (d *dating) shortTime(t, now time.Time) string {
	form := d.short
	if t.Year() != now.Year() {
		form = strings.Replace(form, "M", "M Y", 1)
	}
	return fillDate(form, d.shortDays[t.Weekday()], d.shortMonths[t.Month()-1], t) + t.Format(" 15:04")
}

func fillDate(form, day, month string, t time.Time) string {
	return strings.NewReplacer("W", day, "D", strconv.Itoa(t.Day()), "M", month, "Y", strconv.Itoa(t.Year())).Replace(form)
}
