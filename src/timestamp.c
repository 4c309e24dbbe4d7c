#include "ctlock/timestamp.h"

#include "ctlock/word.h"

/* A moment on the calendar, not yet checked. */
struct civil {
    unsigned year, month, day, hour, minute, second;
};

static const int64_t day_s = 86400;

/* The number in n digits at p, in *v. */
static inline bool digits(const char *p, int n, unsigned *v)
{
    unsigned sum = 0;
    for (int i = 0; i < n; i++) {
        unsigned d = (unsigned)(unsigned char)p[i] - '0';
        if (d > 9)
            return false;
        sum = sum * 10 + d;
    }
    *v = sum;
    return true;
}

/* Eight bytes at p: digits where low has `0` and high `9`, and the byte that both have elsewhere.
 * False if they are others. Byte i of *pairs is the number in digits i and i + 1. */
static inline bool digit_pairs(const char *p, const char *low, const char *high, uint64_t *pairs)
{
    uint64_t digit = word_le64(p) ^ word_le64(low);
    uint64_t too_much = 0x80 * WORD_EACH_BYTE;
    /* Bit 7 is set by what is more than is allowed. A carry leaves a byte only whose own bit 7 is
     * set in digit, so that it is refused whatever the carry does. */
    if (((digit + (too_much - WORD_EACH_BYTE - (word_le64(high) - word_le64(low)))) | digit) &
        too_much)
        return false;
    *pairs = digit * 10 + (digit >> 8);
    return true;
}

static inline unsigned pair_at(uint64_t pairs, unsigned i)
{
    return pairs >> 8 * i & 0xff;
}

/* `YYYY-MM-DDThh:mm:ss` */
static inline bool take_moment(const char *p, struct civil *c)
{
    uint64_t month, day, time;
    if (!digit_pairs(p, "0000-00-", "9999-99-", &month) ||
        !digit_pairs(p + 3, "0-00-00T", "9-99-99T", &day) ||
        !digit_pairs(p + 11, "00:00:00", "99:99:99", &time))
        return false;
    *c = (struct civil){
        .year = pair_at(month, 0) * 100 + pair_at(month, 2),
        .month = pair_at(month, 5),
        .day = pair_at(day, 5),
        .hour = pair_at(time, 0),
        .minute = pair_at(time, 3),
        .second = pair_at(time, 6),
    };
    return true;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29u : days[month - 1];
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day is a year's last. */
static inline int64_t civil_days(const struct civil *c)
{
    unsigned year = c->month > 2 ? c->year : c->year - 1;
    unsigned month = c->month > 2 ? c->month - 3 : c->month + 9;
    unsigned day_of_year = (153 * month + 2) / 5 + c->day - 1;
    return (int64_t)year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

static inline __attribute__((always_inline)) bool civil_seconds(const struct civil *c,
                                                                int64_t *out_s)
{
    if (c->year < 1 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
        (c->day > 28 && c->day > month_days(c->year, c->month)) || c->hour > 23 || c->minute > 59 ||
        c->second > 60)
        return false;
    unsigned second = c->second == 60 ? 59 : c->second;
    *out_s = civil_days(c) * day_s + c->hour * 3600 + c->minute * 60 + second;
    return true;
}

/* The zone behind the seconds: a fraction, then `Z` or an offset. */
static bool zone_parse(struct str text, int64_t *offset_s)
{
    if (text.n > 0 && text.p[0] == '.') {
        size_t i = 1;
        while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
            i++;
        if (i == 1)
            return false;
        text = str_skip(text, i);
    }
    *offset_s = 0;
    if (text.n == 1)
        return text.p[0] == 'Z';
    unsigned hour, minute;
    if (text.n != 6 || (text.p[0] != '+' && text.p[0] != '-') || text.p[3] != ':' ||
        !digits(text.p + 1, 2, &hour) || !digits(text.p + 4, 2, &minute) || hour > 23 ||
        minute > 59)
        return false;
    *offset_s = (int64_t)hour * 3600 + minute * 60;
    if (text.p[0] == '-')
        *offset_s = -*offset_s;
    return true;
}

static bool in_years(int64_t time_s)
{
    return time_s >= -62135596800 && time_s <= 253402300799;
}

bool timestamp_parse(struct str text, int64_t *out_s)
{
    if (text.n < 20)
        return false;
    const char *p = text.p;
    struct civil c;
    int64_t time_s;
    if (!take_moment(p, &c) || !civil_seconds(&c, &time_s))
        return false;
    if (text.n != 20 || p[19] != 'Z') {
        int64_t offset_s;
        if (!zone_parse(str_skip(text, 19), &offset_s) || !in_years(time_s - offset_s))
            return false;
        time_s -= offset_s;
    }
    *out_s = time_s;
    return true;
}

/* Steps over lit at the beginning of *rest. */
static bool take(struct str *rest, struct str lit)
{
    if (!str_starts(*rest, lit))
        return false;
    *rest = str_skip(*rest, lit.n);
    return true;
}

/* Steps over a number of min to max digits. */
static bool take_number(struct str *rest, int min, int max, unsigned *v)
{
    int n = 0;
    while (n < max && (size_t)n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    if (n < min || !digits(rest->p, n, v))
        return false;
    *rest = str_skip(*rest, (size_t)n);
    return true;
}

static bool take_month(struct str *rest, unsigned *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (unsigned i = 0; i < 12; i++) {
        if (take(rest, (struct str){names + 3 * i, 3})) {
            *month = i + 1;
            return true;
        }
    }
    return false;
}

/* ` AM` or ` PM` and nothing else, applied to the hour of a 12-hour clock. */
static bool half_day(struct str rest, unsigned *hour)
{
    if (!take(&rest, STR(" ")) && !take(&rest, STR("\xe2\x80\xaf")))
        return false;
    if (*hour < 1 || *hour > 12)
        return false;
    bool pm = str_eq(rest, STR("PM"));
    if (!pm && !str_eq(rest, STR("AM")))
        return false;
    *hour = *hour % 12 + (pm ? 12 : 0);
    return true;
}

bool timestamp_parse_expiration(struct str text, int64_t *out_s)
{
    if (timestamp_parse(text, out_s))
        return true;
    struct civil c;
    if (!take_month(&text, &c.month) || !take(&text, STR(" ")) ||
        !take_number(&text, 1, 2, &c.day) || !take(&text, STR(", ")) ||
        !take_number(&text, 4, 4, &c.year))
        return false;
    (void)take(&text, STR(","));
    return take(&text, STR(" ")) && take_number(&text, 1, 2, &c.hour) && take(&text, STR(":")) &&
           take_number(&text, 2, 2, &c.minute) && take(&text, STR(":")) &&
           take_number(&text, 2, 2, &c.second) && half_day(text, &c.hour) &&
           civil_seconds(&c, out_s);
}

/* `REGION_YYYYMMDDTHHmmZ_` at the beginning of text. */
static bool object_time(struct str text, int64_t *out_s)
{
    size_t region_nbytes = 0;
    while (region_nbytes < text.n && text.p[region_nbytes] != '_')
        region_nbytes++;
    struct str t = str_skip(text, region_nbytes);
    struct civil c = {0};
    return region_nbytes > 0 && take(&t, STR("_")) && take_number(&t, 4, 4, &c.year) &&
           take_number(&t, 2, 2, &c.month) && take_number(&t, 2, 2, &c.day) && take(&t, STR("T")) &&
           take_number(&t, 2, 2, &c.hour) && take_number(&t, 2, 2, &c.minute) &&
           take(&t, STR("Z_")) && civil_seconds(&c, out_s);
}

bool timestamp_parse_object_name(struct str name, int64_t *out_s)
{
    static const struct str mark = {"_CloudTrail_", 12};
    for (size_t i = 0; i + mark.n <= name.n; i++) {
        struct str rest = str_skip(name, i);
        if (str_starts(rest, mark) && object_time(str_skip(rest, mark.n), out_s))
            return true;
    }
    return false;
}

bool timestamp_parse_date(struct str text, int64_t *out_s)
{
    struct civil c = {0};
    return text.n == 10 && text.p[4] == '-' && text.p[7] == '-' && digits(text.p, 4, &c.year) &&
           digits(text.p + 5, 2, &c.month) && digits(text.p + 8, 2, &c.day) &&
           civil_seconds(&c, out_s);
}

static void put_two(char *p, unsigned v)
{
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
}

void timestamp_format(int64_t time_s, struct buf *out)
{
    int64_t second_of_day = time_s % day_s;
    int64_t days = time_s / day_s;
    if (second_of_day < 0) {
        second_of_day += day_s;
        days--;
    }
    /* Eras of 400 years, each from a 1 March; see civil_days. */
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153;
    unsigned day = day_of_year - (153 * month + 2) / 5 + 1;
    int64_t year = era * 400 + year_of_era + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;
    unsigned s = (unsigned)second_of_day;
    if (year < 0 || year > 9999) {
        buf_printf(out, "%lld-%02u-%02uT%02u:%02u:%02uZ", (long long)year, month, day, s / 3600,
                   s / 60 % 60, s % 60);
        return;
    }
    char text[20] = "....-..-..T..:..:..Z";
    put_two(text, (unsigned)year / 100);
    put_two(text + 2, (unsigned)year % 100);
    put_two(text + 5, month);
    put_two(text + 8, day);
    put_two(text + 11, s / 3600);
    put_two(text + 14, s / 60 % 60);
    put_two(text + 17, s % 60);
    buf_add(out, text, sizeof text);
}
