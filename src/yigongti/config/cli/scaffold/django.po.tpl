# English of yigongti.domains.${tier}.${name}
msgid ""
msgstr ""
"Language: en\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "${label}"
msgstr "${english}"

msgid "查看${label}"
msgstr "View ${english_lower}"

msgid "登记${label}"
msgstr "Write ${english_lower}"

msgid "标题"
msgstr "Title"

msgid "登记时间"
msgstr "Written at"

msgid "还没有内容"
msgstr "Nothing here yet"
