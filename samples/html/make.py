"""HTML as mails and saved pages have it, and what must not stay in it."""
from sample import Sample

PAGE = "<!DOCTYPE html>\n<html><head><title>%s</title></head><body>%s</body></html>\n"


def page(body, title="入札公告"):
    return (PAGE % (title, body)).encode()


def loses(name, body, kinds, note, **more):
    kinds = ["html." + kind if "." not in kind else kind for kind in kinds]
    return Sample(name, page(body), removals=kinds, note=note, **more)


def keeps(name, body, note, **more):
    return Sample(name, page(body), verdict="unchanged", note=note, **more)


TABLE = ("<table border=1><caption>内訳</caption><tr><th>品目</th><th>数量</th></tr>"
         "<tr><td>机</td><td align=right>12</td></tr>"
         "<tr><td rowspan=2>椅子</td><td>3</td></tr><tr><td>4</td></tr></table>")


def harmless():
    yield keeps("plain.html", "<h1>入札公告</h1><p>本文です。<br>二行目<p>第二段落", "paragraphs without end tags")
    yield keeps("table.html", TABLE, "a table with spans")
    yield keeps("lists.html", "<ul><li>一<ul><li>内</ul><li>二</ul><ol start=3><li>三</ol>", "lists in lists")
    yield keeps("quote.html", "<p>返信<blockquote><p>引用<blockquote>深い</blockquote></blockquote>", "quotes")
    yield keeps("links.html", '<a href="https://www.example.jp/a?b=1&amp;c=2">資料</a> '
                '<a href="mailto:a@example.jp">a@example.jp</a> <a href="tel:0312345678">電話</a> <a href="#top">上へ</a>',
                "links of the four kinds and one within")
    yield keeps("style.html", '<p style="color: #c00; font-family: \'MS 明朝\', serif; margin: 0 0 8px">赤</p>'
                '<font color=red size="+1" face="メイリオ">大</font>', "styles on the list")
    yield keeps("ruby.html", "<ruby>関所<rp>(</rp><rt>せきしょ</rt><rp>)</rp></ruby>", "readings")
    yield keeps("pre.html", "<pre>a\n  b\n    c</pre>", "preformatted text")
    yield Sample("sjis.html", PAGE.replace("<title>", '<meta charset="Shift_JIS"><title>').encode("cp932")
                 % ("公告".encode("cp932"), "<p>①髙橋 ～ 表示</p>".encode("cp932")),
                 removals=["text.charset"], note="Shift_JIS with its meta element")
    yield keeps("deep.html", "<div>" * 150 + "深い" + "</div>" * 150, "150 levels")


def charsets():
    def declared(charset, text):
        return (PAGE.replace("<title>", f"<meta http-equiv=Content-Type content='text/html; charset={charset}'><title>")
                % ("a", f"<p>{text}</p>"))
    for name, charset, codec in (("koi8.html", "koi8-r", "koi8_r"), ("jis.html", "iso-2022-jp", "iso2022_jp"),
                                 ("euc.html", "EUC-JP", "euc_jp"), ("gbk.html", "gb2312", "gbk")):
        text = "Привет, мир" if codec == "koi8_r" else "本文"
        yield Sample(name, declared(charset, text).encode(codec), removals=["text.charset"], note=charset)
    yield Sample("utf16.html", page("<p>本文</p>").decode().encode("utf-16"), removals=["text.charset"], note="UTF-16")
    yield Sample("broken.html", page("<p>本文 ABC</p>").replace(b"ABC", b"\xff\xfe\x81"),
                 removals=["text.charset", "text.broken"], note="bytes that are in no charset")


def active():
    yield loses("script.html", "<p>本文</p><script>alert(1)</script><SCRIPT SRC=http://a.example/x.js></SCRIPT>",
                ["script"], "scripts", demo=True)
    yield loses("handlers.html", '<img src="cid:a" onerror="alert(1)" alt="図"><p ONCLICK=x()>本文</p>', ["handler"], "handlers")
    yield loses("active-links.html",
                '<a href="javascript:alert(1)">a</a><a href=" java&#10;script:alert(1)">b</a>'
                '<a href="vbscript:x">c</a><a href="data:text/html,x">d</a><a href="file:///c:/x">e</a>'
                '<a href="\\\\host\\share">f</a><a href="//host/x">g</a><a href="ms-word:ofe|u|http://x">h</a>'
                '<a href="mailto:a@b?attach=c:/x">i</a><a href="search-ms:query=x">j</a>', ["link"], "addresses that act")
    yield loses("remote-pictures.html",
                '<img src="http://track.example/1.gif" width=1 height=1><img src="https://a.example/b.png" alt="地図">'
                '<table background="http://a.example/c.png"><tr><td>x</table><img srcset="https://a.example/d.png 2x">',
                ["remote_picture"], "pictures that are fetched")
    yield loses("styles.html",
                '<style>@import url(http://a.example/x.css);</style><link rel=stylesheet href="http://a.example/y.css">'
                '<p style="background: url(http://a.example/z.png)">一</p><p style="width: expression(alert(1))">二</p>'
                '<p style="position: fixed; top: 0">三</p><p style="margin-top: -200px">四</p>'
                '<p style="color: r\\65 d">五</p>', ["style"], "style sheets and styles that fetch, run or cover")
    yield loses("frames.html", '<iframe src="http://a.example/">枠</iframe><p>後</p>', ["frame"], "frames")
    yield loses("objects.html", '<object data="x.swf"><embed src="x.swf">代替</object><applet code=a></applet>'
                '<video src="http://a.example/v.mp4"></video>', ["object"], "objects, sound and film")
    yield loses("forms.html", '<form action="http://a.example/"><input name=p type=password>'
                '<button formaction="javascript:x">送信</button><select><option>一</select></form>', ["form"], "forms")
    yield loses("refresh.html", '<meta http-equiv="Refresh" content="0;url=http://a.example/"><base href="http://a.example/">'
                "<p>本文", ["refresh", "base"], "moves and bases")
    yield loses("foreign.html", '<svg><script>alert(1)</script><a xlink:href="javascript:x">x</a></svg>'
                "<math><mtext><img src=x onerror=y></mtext></math><xml><o:p>x</o:p></xml><v:imagedata src='http://a.example/x'>"
                "</v:imagedata><p>本文</p>", ["foreign"], "other markup")
    yield loses("conditional.html", "<!--[if mso]><p>外</p><![endif]--><p>本文</p><!-- 普通 -->", ["conditional"], "conditional comments")
    yield loses("hidden.html", '<div style="display:none">見えない</div><p>本文</p><span style="font-size:0">零</span>'
                '<p hidden>隠</p><div style="max-height:0;overflow:hidden">端</div>', ["hidden"], "text that nobody sees")
    yield loses("references.html", "<p>abc&#x202E;gpj.exe &#x200B;x&#x00AD;y</p>", ["text.bidi", "text.invisible"],
                "bidi controls by reference")


def mutations():
    """Markup that another reader, or a second reading, takes for something else."""
    yield keeps("mutation-noscript.html", '<noscript><p title="</noscript><img src=x onerror=alert(1)>">本文',
                "noscript: the markup in the title stays a title")
    yield loses("mutation-svg.html", "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">", ["foreign"], "svg and style")
    yield loses("mutation-math.html", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
                ["foreign"], "math, tables and glyphs")
    yield loses("mutation-comment.html", "<!--><img src=x onerror=alert(1)><!-- --!><script>alert(1)</script>", ["script"], "odd comments")
    yield keeps("escaped.html", "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;img&amp;gt;</p>", "markup that is text")
    yield keeps("backtick.html", '<p title="`onmouseover=alert(1)">本文</p>', "back quotes")
    yield keeps("unclosed.html", "<table><tr><td><b><i>本文<p>続き", "nothing closed")
    yield loses("two-attributes.html", '<p style="color: red" onclick=a style="x" ONCLICK=b>本文</p>', ["handler"], "attributes twice")


def bombs():
    yield keeps("nested-1500.html", "<div>" * 1500 + "底", "1,500 levels are flattened")
    yield Sample("nested-100000.html", page("<div>" * 100000 + "底"), verdict="blocked", reason="limit.depth",
                 note="100,000 levels")
    yield Sample("unclosed.bomb.html", page("<b>" * 300000 + "</i>" * 300000), verdict="blocked", reason="limit.depth",
                 note="300,000 elements that nobody closes and as many ends of nothing")
    yield Sample("attributes.html", page("<p %s>x" % " ".join("a%d=1" % i for i in range(100000))), verdict="blocked",
                 reason="limit.members", note="100,000 attributes of one element")
    yield keeps("entities.html", "&amp;" * 100000, "many references")


def samples():
    yield from harmless()
    yield from charsets()
    yield from active()
    yield from mutations()
    yield from bombs()
