"""The names of the months in the languages of the region.

Knows words. Must never know what a date looks like.
"""

from feeds.taxonomy.naming import fold

__all__ = ["MONTHS", "MONTHS_BY_LANGUAGE", "month_of"]

# Twelve groups a language, forms of one month joined by "|": names, genitives, abbreviations; "--"
# for none.
MONTHS_BY_LANGUAGE = {
    "English": """
        january|jan february|feb march|mar april|apr may june|jun july|jul august|aug
        september|sept|sep october|oct november|nov december|dec""",
    "French": """
        janvier|janv fevrier|fevr|fev mars avril|avr mai juin juillet|juil aout septembre octobre
        novembre decembre""",
    "German": """
        januar|janner|jannar februar|feber marz|mrz april mai juni juli august september oktober|okt
        november dezember|dez""",
    "Spanish": """
        enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre octubre
        noviembre diciembre|dic""",
    "Italian": """
        gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto settembre
        ottobre|ott novembre dicembre""",
    "Romanian": """
        ianuarie|ian februarie martie aprilie mai iunie|iun iulie|iul august septembrie octombrie
        noiembrie decembrie""",
    "Albanian": """
        janar|janarit shkurt|shkurtit mars|marsit prill|prillit maj|majit qershor|qershorit
        korrik|korrikut gusht|gushtit shtator|shtatorit tetor|tetorit nentor|nentorit
        dhjetor|dhjetorit""",
    "Bosnian, Serbian": """
        januar|januara februar|februara mart|marta april|aprila maj|maja juni|jun|juna
        juli|jul|jula august|augusta|avgust|avgusta septembar|septembra oktobar|oktobra
        novembar|novembra decembar|decembra""",
    "Serbian in Cyrillic": """
        јануар|јануара фебруар|фебруара март|марта април|априла мај|маја јуни|јун|јуна
        јули|јул|јула август|августа септембар|септембра октобар|октобра новембар|новембра
        децембар|децембра""",
    "Croatian": """
        sijecanj|sijecnja veljaca|veljace ozujak|ozujka travanj|travnja svibanj|svibnja
        lipanj|lipnja srpanj|srpnja kolovoz|kolovoza rujan|rujna listopad|listopada
        studeni|studenog|studenoga prosinac|prosinca""",
    "Macedonian": """
        јануари февруари март април мај јуни јули август септември октомври ноември декември""",
    "Russian": """
        январь|января февраль|февраля март|марта апрель|апреля май|мая июнь|июня июль|июля
        август|августа сентябрь|сентября октябрь|октября ноябрь|ноября декабрь|декабря""",
    "Ukrainian": """
        січень|січня лютий|лютого березень|березня квітень|квітня травень|травня червень|червня
        липень|липня серпень|серпня вересень|вересня жовтень|жовтня листопад|листопада
        грудень|грудня""",
    "Polish": """
        styczeń|stycznia luty|lutego marzec|marca kwiecień|kwietnia maj|maja czerwiec|czerwca
        lipiec|lipca sierpień|sierpnia wrzesień|września październik|października
        -- grudzień|grudnia""",
    "Czech": """
        leden|ledna únor|února březen|března duben|dubna květen|května červen|června
        červenec|července srpen|srpna září říjen|října listopadu prosinec|prosince""",
    "Slovak": """
        január|januára február|februára marec|marca apríl|apríla máj|mája jún|júna júl|júla
        august|augusta september|septembra október|októbra november|novembra december|decembra""",
    "Slovenian": """
        januar|januarja februar|februarja marec|marca april|aprila maj|maja junij|junija
        julij|julija avgust|avgusta september|septembra oktober|oktobra november|novembra
        december|decembra""",
    "Hungarian": """
        január február március április május június július augusztus szeptember október november
        december""",
    "Bulgarian": """
        януари февруари март април май юни юли август септември октомври ноември декември""",
    "Greek": """
        ιανουάριος|ιανουαρίου φεβρουάριος|φεβρουαρίου μάρτιος|μαρτίου απρίλιος|απριλίου
        μάιος|μαΐου ιούνιος|ιουνίου ιούλιος|ιουλίου αύγουστος|αυγούστου σεπτέμβριος|σεπτεμβρίου
        οκτώβριος|οκτωβρίου νοέμβριος|νοεμβρίου δεκέμβριος|δεκεμβρίου""",
    "Turkish": """
        ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık""",
    "Armenian": """
        հունվար|հունվարի|հունվարին փետրվար|փետրվարի|փետրվարին մարտ|մարտի|մարտին
        ապրիլ|ապրիլի|ապրիլին մայիս|մայիսի|մայիսին հունիս|հունիսի|հունիսին
        հուլիս|հուլիսի|հուլիսին օգոստոս|օգոստոսի|օգոստոսին
        սեպտեմբեր|սեպտեմբերի|սեպտեմբերին հոկտեմբեր|հոկտեմբերի|հոկտեմբերին
        նոյեմբեր|նոյեմբերի|նոյեմբերին դեկտեմբեր|դեկտեմբերի|դեկտեմբերին""",
    "Azerbaijani": """
        yanvar fevral mart aprel may iyun iyul avqust sentyabr oktyabr noyabr dekabr""",
    "Georgian": """
        იანვარი|იანვარს თებერვალი|თებერვალს მარტი|მარტს აპრილი|აპრილს მაისი|მაისს
        ივნისი|ივნისს ივლისი|ივლისს აგვისტო|აგვისტოს სექტემბერი|სექტემბერს
        ოქტომბერი|ოქტომბერს ნოემბერი|ნოემბერს დეკემბერი|დეკემბერს""",
    "Kazakh": """
        қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан""",
    "Kyrgyz": """
        январь|январы февраль|февралы март|марты апрель|апрели май|майы июнь|июну июль|июлу
        август|августу сентябрь|сентябры октябрь|октябры ноябрь|ноябры декабрь|декабры""",
    "Tajik": """
        январи феврали марти апрели майи июни июли августи сентябри октябри ноябри декабри""",
    "Uzbek": """
        yanvar fevral mart aprel may iyun iyul avgust sentabr|sentyabr oktabr|oktyabr
        noyabr dekabr""",
    "Uzbek in Cyrillic": """
        январ феврал март апрел май июн июл август сентябр октябр ноябр декабр""",
    "Turkmen": """
        ýanwar|ýanwary fewral|fewraly mart|marty aprel|apreli maý|maýy iýun|iýuny iýul|iýuly
        awgust|awgusty sentýabr|sentýabry oktýabr|oktýabry noýabr|noýabry dekabr|dekabry""",
    "Dutch": """
        januari februari maart april mei juni juli augustus september oktober november december""",
    "Swedish": """
        januari februari mars april maj juni juli augusti september oktober november december""",
    "Danish, Norwegian": """
        januar februar mars|marts april mai|maj juni juli august september oktober november
        december|desember""",
    "Finnish": """
        tammikuu|tammikuuta helmikuu|helmikuuta maaliskuu|maaliskuuta huhtikuu|huhtikuuta
        toukokuu|toukokuuta kesäkuu|kesäkuuta heinäkuu|heinäkuuta elokuu|elokuuta
        syyskuu|syyskuuta lokakuu|lokakuuta marraskuu|marraskuuta joulukuu|joulukuuta""",
    "Estonian": """
        jaanuar|jaanuaril veebruar|veebruaril märts|märtsil aprill|aprillil mai|mail juuni|juunil
        juuli|juulil august|augustil september|septembril oktoober|oktoobril november|novembril
        detsember|detsembril""",
    "Latvian": """
        janvāris|janvārī februāris|februārī marts|martā aprīlis|aprīlī maijs|maijā jūnijs|jūnijā
        jūlijs|jūlijā augusts|augustā septembris|septembrī oktobris|oktobrī novembris|novembrī
        decembris|decembrī""",
    "Lithuanian": """
        sausis|sausio vasaris|vasario kovas|kovo balandis|balandžio gegužė|gegužės
        birželis|birželio liepa|liepos rugpjūtis|rugpjūčio rugsėjis|rugsėjo spalis|spalio
        lapkritis|lapkričio gruodis|gruodžio""",
    "Portuguese": """
        janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro
        dezembro""",
}
MONTHS = {
    fold(form): number
    for language in MONTHS_BY_LANGUAGE.values()
    for number, forms in enumerate(language.split(), start=1)
    for form in forms.split("|")
    if form != "--"
}
# October in Croatian, where a dot stands behind the day, and November in Polish, where none does.
_LISTOPAD = frozenset({"listopad", "listopada"})
_NOVEMBER = 11


def month_of(word: str, *, behind_dot: bool) -> int | None:
    """The month a word in a date means, 1 to 12; None for another word."""
    name = fold(word)
    return _NOVEMBER if name in _LISTOPAD and not behind_dot else MONTHS.get(name)
