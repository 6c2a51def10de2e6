// Package currency knows the codes of ISO 4217.
package currency

import (
	"strings"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// iso4217 are the codes that the migrations insert.
const iso4217 = `
	aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob bov
	brl bsd btn bwp byn bzd cad cdf che chf chw clf clp cny cop cou crc cuc cup cve
	czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gnf gtq gyd hkd
	hnl hrk htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw kwd
	kyd kzt lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn
	mxv myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd
	rub rwf sar sbd scr sdg sek sgd shp sle sll sos srd ssp stn svc syp szl thb tjs
	tmt tnd top try ttd twd tzs uah ugx usd usn uyi uyu uyw uzs ved ves vnd vuv wst
	xaf xag xau xba xbb xbc xbd xcd xdr xof xpd xpf xpt xsu xua yer zar zmw zwl
`

// List is the name of the list of codes, which columns with @currency name.
const List = "currency"

// Codes returns the codes of currencies. A database may have records of more, such as those of loyalty points.
func Codes() recordstore.Codes {
	return recordstore.Codes{
		What:   "currency code",
		Advice: "use one of ISO 4217, such as eur, or create a Currency with it first",
		Known:  strings.Fields(iso4217),
		Model:  "Currency",
	}
}
