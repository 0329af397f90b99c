/* Every word that a person reads here: [Japanese, English]. */

import {el} from "/dom.js";

const KEY = "sekisho.language";

const WORDS = {
	"skip": ["本文へ移動", "Skip to content"],
	"navigation": ["メニュー", "Menu"],
	"close": ["閉じる", "Close"],
	"back": ["← 一覧へ戻る", "← Back to the list"],
	"none": ["該当はありません。", "There is nothing here."],
	"done": ["完了しました。", "Done."],
	"yes": ["あり", "yes"],
	"no": ["なし", "no"],
	"time": ["日時", "Time"],
	"state": ["状態", "State"],
	"reason": ["理由", "Reason"],
	"source": ["接続元", "From"],
	"department": ["部署", "Department"],
	"mail": ["メールアドレス", "Mail address"],
	"bytes": ["大きさ", "Size"],
	"more": ["さらに表示", "Show more"],
	"search": ["検索", "Search"],
	"all": ["すべて", "all"],
	"save": ["保存", "Save"],
	"export": ["CSV で書き出す", "Export as CSV"],
	"export.done": ["書き出しました(記録されます)。", "Exported; it is on record."],
	"error.network": ["サーバーに接続できません。", "The server cannot be reached."],

	"page.home": ["ホーム", "Home"],
	"page.upload": ["ファイルの無害化", "Sanitize a file"],
	"page.queue": ["保留・処理の一覧", "Items"],
	"page.approvals": ["承認", "Approvals"],
	"page.users": ["利用者と権限", "Users and roles"],
	"page.policy": ["ポリシー", "Policy"],
	"page.exceptions": ["例外", "Exceptions"],
	"page.emergency": ["緊急停止", "Emergency"],
	"page.check": ["自己点検", "Self-check"],
	"page.audit": ["監査ログ", "Audit log"],
	"page.activity": ["自分の利用履歴", "My activity"],

	"role.staff": ["職員", "staff"],
	"role.reviewer": ["審査者", "reviewer"],
	"role.approver": ["承認者", "approver"],
	"role.administrator": ["管理者", "administrator"],
	"role.auditor": ["監査者", "auditor"],

	"login.title": ["ログイン", "Log in"],
	"login.name": ["利用者 ID", "User ID"],
	"login.password": ["パスワード", "Password"],
	"login.submit": ["ログイン", "Log in"],
	"login.logout": ["ログアウト", "Log out"],
	"login.over": ["ログアウトしました。続けるにはもう一度ログインしてください。",
		"You have been logged out. Log in again to go on."],
	"factor.title": ["二要素認証", "Second factor"],
	"factor.code": ["確認コード", "Code"],
	"factor.hint": ["認証アプリの 6 桁。端末がないときは予備コード。",
		"The six digits of your app, or one of your recovery codes."],
	"factor.submit": ["確認", "Confirm"],
	"change.title": ["パスワードの変更", "Change the password"],
	"change.old": ["現在のパスワード", "Present password"],
	"change.new": ["新しいパスワード", "New password"],
	"change.again": ["新しいパスワード(確認)", "New password again"],
	"change.rules": ["8 文字以上、英大文字・英小文字・数字・記号を組み合わせてください。",
		"Eight characters or more, with capitals, small letters, digits and signs."],
	"change.differ": ["二つのパスワードが一致しません。", "The two are not the same."],
	"change.submit": ["変更", "Change"],
	"enrol.title": ["認証アプリの登録", "Set up the app"],
	"enrol.text": ["認証アプリで読み取るか、次の鍵を登録し、表示された 6 桁を入力してください。",
		"Scan this with your authenticator app, or enter the key, then the six digits it shows."],
	"enrol.qr": ["認証アプリで読み取るコード。下の鍵と同じ内容です。",
		"Code for the authenticator app; it says the same as the key below."],
	"enrol.open": ["この端末の認証アプリで開く", "Open in an app on this device"],
	"enrol.submit": ["登録", "Set up"],
	"recovery.title": ["予備コード", "Recovery codes"],
	"recovery.text": ["端末を失ったときに一度ずつ使えます。今だけ表示されます。安全な場所に控えてください。",
		"Each can be used once when the device is lost. They are shown only now: keep them safe."],
	"recovery.kept": ["控えました", "I have kept them"],
	"recovery.renew": ["予備コードを作り直す", "Make new recovery codes"],
	"password.password_short": ["短すぎます。", "It is too short."],
	"password.password_classes": ["文字の種類が足りません。", "It needs more kinds of characters."],
	"password.password_common": ["よく使われるパスワードです。", "It is a common one."],
	"password.password_name": ["利用者 ID や氏名を含みます。", "It contains your name."],
	"password.password_used": ["以前に使ったパスワードです。", "It was used before."],

	"idle.title": ["まもなくログアウトします", "You will be logged out soon"],
	"idle.text": ["2 分間操作がないとログアウトします。入力中の内容は残ります。",
		"Without a key or a click you are logged out in two minutes. What you typed is kept."],
	"idle.stay": ["続ける", "Stay"],

	"keys.title": ["キー操作", "Keys"],
	"keys.down": ["次の行", "next row"],
	"keys.up": ["前の行", "previous row"],
	"keys.open": ["開く", "open"],
	"keys.request": ["申請の理由欄へ", "to the reason of a request"],
	"keys.approve": ["承認の欄へ", "to the form of a decision"],
	"keys.select": ["選択", "select"],
	"keys.submit": ["送信", "submit"],
	"keys.help": ["この一覧", "this list"],
	"keys.on": ["一文字のキー操作を使う", "Use single keys"],

	"home.queue": ["確認待ち", "Waiting for review"],
	"home.approvals": ["承認待ち", "Waiting for approval"],
	"home.overdue": ["期限超過", "Overdue"],
	"home.hours": ["時間帯別の処理件数(24 時間)", "Items by hour (24 hours)"],
	"home.health": ["稼働状況", "Health"],
	"home.chart": ["24 時間の処理件数のグラフ。通過 {passed} 件、保留 {held} 件",
		"Chart of the items of 24 hours: {passed} passed, {held} held"],
	"home.table": ["表で見る", "As a table"],
	"home.hour": ["時間帯", "Hour"],
	"home.log": ["監査記録", "Audit log"],
	"home.logGood": ["書けている", "written"],
	"home.logFailed": ["書けない({count} 回)", "cannot be written ({count} times)"],
	"home.records": ["{year} 年度 {count} 件", "{count} records in {year}"],
	"home.clock": ["時刻", "Clock"],
	"home.clockGood": ["同期している", "synchronised"],
	"home.clockBad": ["同期していない", "not synchronised"],
	"home.definitions": ["マルウェア定義", "Malware definitions"],
	"home.oldest": ["最も古い処理中の項目", "Oldest item under way"],
	"home.nothing": ["なし", "none"],
	"definitions.ok": ["利用中", "in use"],
	"definitions.stale": ["古い", "too old"],
	"definitions.none": ["なし", "missing"],
	"definitions.failed": ["読めない", "cannot be loaded"],
	"definitions.unknown": ["未確認", "not known"],
	"home.passed": ["通過", "passed"],
	"home.held": ["保留", "held"],
	"home.last": ["前回のログイン: {login}、ログアウト: {logout}、その後の失敗: {failures} 回",
		"Last login: {login}, logout: {logout}, failures since: {failures}"],

	"queue.subject": ["件名・ファイル名", "Subject or name"],
	"queue.recipient": ["受信者", "Recipient"],
	"queue.channel": ["経路", "Channel"],
	"queue.failed": ["要確認", "to be looked at"],
	"queue.failedWhy": ["承認された処理を実行できませんでした。内容を確かめ、必要なら申請し直してください。",
		"What was approved could not be carried out. Look at it and ask anew if it is needed."],
	"queue.age": ["経過", "Age"],
	"queue.text": ["件名・名前・送信者", "Subject, name, sender"],
	"queue.select": ["選択", "Select"],
	"queue.selected": ["{count} 件を選択中", "{count} selected"],
	"queue.batch": ["選択した項目をまとめて申請", "Request for those selected"],
	"queue.batchDone": ["{done} 件を申請しました(失敗 {failed} 件)。",
		"{done} requested ({failed} failed)."],
	"queue.saved": ["保存した条件", "Saved filters"],
	"queue.filterName": ["条件の名前", "Name of this filter"],
	"queue.drop": ["削除", "Delete"],
	"queue.saveAs": ["この条件を保存", "Save this filter"],

	"item.verdict": ["判定", "Verdict"],
	"item.parts": ["構成", "Parts"],
	"item.certificate": ["無害化証明書を受け取る", "Get the certificate"],
	"item.previews": ["無害化後の表示", "Preview of the sanitized copy"],
	"item.macro": ["マクロのソース", "Macro source"],
	"preview.show": ["表示する", "Show it"],
	"preview.again": ["もう一度作る", "Try again"],
	"preview.making": ["無害化した写しから表示を作っています…",
		"The preview is being made from a sanitized copy…"],
	"preview.failed": ["表示を作れませんでした。", "No preview could be made."],
	"preview.none": ["表示は作れません。", "There is no preview."],
	"preview.recorded": ["表示したことは記録されます。原本は表示されません。",
		"That you looked is recorded. The original is never shown."],
	"preview.page": ["{last} ページ中 {number} ページ目", "Page {number} of {last}"],
	"preview.more": ["全 {count} ページのうち最初の部分です。", "The first of {count} pages."],
	"preview.macros": ["除去したマクロのソースです。実際に動く内容と異なることがあります。",
		"The source of macros that were removed. What would have run may differ from it."],
	"preview.made": ["作成: {time} ポリシー: {policy}", "Made {time}, policy {policy}"],
	"artifact.preview": ["表示用", "preview"],
	"item.hashes": ["ハッシュ値", "Hashes"],
	"item.timeline": ["経過", "Timeline"],
	"item.recipients": ["受信者ごとの状況", "Recipients"],
	"item.act": ["申請", "Request"],
	"item.kind": ["申請の種類", "What is asked for"],
	"item.submit": ["申請する", "Send the request"],
	"item.requested": ["申請しました。", "The request was made."],
	"item.hold": ["法的保存にする", "Put under legal hold"],
	"item.held": ["法的保存中", "under legal hold"],
	"item.expires": ["保存期限", "Kept until"],
	"item.requests": ["申請と決定", "Requests and decisions"],
	"item.type": ["種類", "Type"],
	"item.direction": ["方向", "Direction"],
	"direction.inbound": ["外部から", "inbound"],
	"direction.outbound": ["外部へ", "outbound"],
	"channel.mail": ["メール", "mail"],
	"channel.folder": ["フォルダー", "folder"],
	"channel.command": ["コマンド", "command"],
	"channel.upload": ["アップロード", "upload"],

	"artifact.original": ["原本", "original"],
	"artifact.sanitized": ["無害化版", "sanitized copy"],
	"artifact.report": ["報告", "report"],
	"kind.release_sanitized": ["無害化版の払い出し", "release the sanitized copy"],
	"kind.release_original": ["原本の払い出し", "release the original"],
	"kind.reprocess": ["再処理", "process again"],
	"kind.delete": ["廃棄", "destroy"],
	"step.try": ["実行", "carried out"],
	"step.keep": ["受け取りのために保管", "kept to be fetched"],
	"step.fetch": ["受け取り", "fetched"],
	"kind.unhold": ["法的保存の解除", "end the legal hold"],

	"approvals.by": ["申請者", "Requested by"],
	"approvals.evidence": ["根拠のハッシュ", "Evidence hash"],
	"approvals.changed": ["申請後に内容が変わりました。申請し直す必要があります。",
		"It has changed since the request: it must be requested again."],
	"approvals.own": ["自分の申請は承認できません。", "You cannot decide on your own request."],
	"approvals.approve": ["承認", "Approve"],
	"approvals.deny": ["却下", "Deny"],
	"approvals.withdraw": ["取り下げ", "Withdraw"],
	"approvals.comment": ["所見", "Comment"],
	"approvals.decided": ["決定を記録しました。", "The decision is on record."],

	"password.title": ["パスワードの入力", "Give the password"],
	"password.left": ["残り {count} 回", "{count} tries left"],
	"password.submit": ["無害化して受け取る", "Sanitize and deliver"],

	"task.title": ["添付ファイルのパスワード", "Password of an attachment"],
	"task.file": ["パスワードを待っているファイル", "The file that waits"],
	"task.name": ["ファイル名", "File"],
	"task.fileDone": ["ファイル", "The file"],
	"task.from": ["差出人", "From"],
	"task.subject": ["件名", "Subject"],
	"task.ends": ["入力の期限", "To be given until"],
	"task.state.waiting": ["パスワード待ち", "waits for its password"],
	"task.state.opened": ["配送待ち", "to be delivered"],
	"task.state.delivered": ["お届け済み", "delivered"],
	"task.state.held": ["保留", "held"],
	"task.others": ["同じメールのほかの添付ファイル", "Other attachments of the same message"],
	"task.othersHint": ["それぞれ、通知にあるリンクから入力します。",
		"Each has a link of its own in the notice."],
	"task.another": ["パスワード {number}", "Password {number}"],
	"task.more": ["別のパスワードも試す", "Try another one as well"],
	"task.show": ["入力した文字を表示する", "Show what is typed"],
	"task.submit": ["無害化して届ける", "Sanitize and deliver"],
	"task.left": ["あと {count} 回試せます(1 時間あたり 10 回まで)。",
		"{count} tries are left (ten an hour)."],
	"task.spent": ["1 時間に試せる回数を使い切りました。しばらくしてからもう一度お試しください。",
		"No tries are left within this hour. Try again later."],
	"task.wrong": ["このパスワードでは開けません。", "It does not open with this password."],
	"task.working": ["開いて無害化しています。大きなファイルでは数分かかります。",
		"Opening and sanitizing it. A large file takes some minutes."],
	"task.opened": ["パスワードで開き、無害化しました。まもなくお届けします。もう一度入力する必要はありません。",
		"It was opened and sanitized, and is on its way. The password need not be given again."],
	"task.delivered": ["パスワードで開き、無害化したファイルをお届けしました。",
		"It was opened, sanitized and delivered."],
	"task.where.mail": ["「【添付送付】」で始まる件名の新しいメールで、元のメールの受信者全員に届きます。",
		"It comes in a new message, marked 【添付送付】, to all recipients of the first one."],
	"task.where.folder": ["部署の受け取りフォルダーにあります。",
		"It lies in the department's folder of outputs."],
	"task.where.upload": ["ファイルを渡した職員がコンソールで受け取れます。",
		"Who handed it in finds it in the console."],
	"task.where.command": ["システム担当者が受け取りました。", "The operator has it."],
	"task.again": ["長い時間お待ちいただいても届かないときは、もう一度入力できます",
		"If it does not come for a long time, the password can be given again"],
	"task.held": ["中身を安全な形にできないため、保留しました。必要な場合は、情報システム担当へご連絡ください。",
		"It could not be made safe and is held. If you need it, ask your system administrators."],
	"task.gone": ["このリンクは使えません。期限が過ぎたか、リンクが正しくありません。通知のリンクを端まで写したかお確かめください。",
		"This link cannot be used: its time is over, or it is not complete. Check that you have all of it."],
	"task.noLink": ["メールに付いた隔離通知のリンクから開いてください。",
		"Open this page by the link of the notice in your mail."],
	"task.help": ["ご案内", "Help"],
	"task.help.where": ["パスワードは差出人から別のメールや電話で届きます。大文字・小文字、全角・半角もそのまま入力してください。",
		"The sender tells the password in another message or by telephone. Capitals count."],
	"task.help.many": ["候補がいくつかあるときは、まとめて入力できます。順に試し、1 回と数えます。",
		"Several can be given at once. They are tried in turn and count as one try."],
	"task.help.safe": ["パスワードは開くためだけに使い、保存しません。ファイルは元のメールの受信者にだけ届きます。",
		"The password is used to open the file and not kept. The file goes to the recipients of the message alone."],
	"task.help.lost": ["うまくいかないときは、通知にある受付番号とともに情報システム担当へご連絡ください。",
		"If it does not work, ask your system administrators and give the ID in the notice."],

	"upload.choose": ["ファイルを選ぶ", "Choose files"],
	"upload.drop": ["ここへドラッグしても投入できます。", "Or drop them here."],
	"upload.sending": ["送信中…", "Sending…"],
	"upload.working": ["無害化しています…", "Sanitizing…"],
	"upload.download": ["無害化版をダウンロード", "Download the sanitized copy"],
	"upload.password": ["パスワードを入力する", "Give the password"],
	"upload.note": ["原本は、二人の承認なしには渡されません。",
		"The original is not handed out unless two people decide so."],
	"upload.fetch": ["受け取り", "To fetch"],
	"upload.mine": ["これまでのファイル", "Files handed in before"],
	"upload.released": ["払い出された無害化版", "Released: the sanitized copy"],
	"upload.original": ["払い出された原本(無害化していません)", "Released: the original, not sanitized"],
	"upload.until": ["{time} まで", "until {time}"],
	"removed": ["取り除いたもの", "What was removed"],
	"removed.what": ["内容", "What"],
	"removed.where": ["場所", "Where"],
	"removed.nothing": ["取り除いたものはありません。", "Nothing was removed."],

	"activity.events": ["ログインの記録", "Logins"],
	"activity.sessions": ["開いているセッション", "Open sessions"],
	"activity.kind": ["出来事", "Event"],
	"activity.since": ["開始", "Since"],
	"activity.used": ["最後の操作", "Last used"],
	"activity.this": ["この画面", "this one"],
	"activity.end": ["終了させる", "End"],
	"activity.security": ["パスワードと認証", "Password and factors"],
	"activity.factors": ["認証アプリ: {totp}、予備コード: 残り {recovery}",
		"App: {totp}, recovery codes left: {recovery}"],
	"activity.code": ["現在の確認コード(変更するとき)", "Present code (for changes)"],
	"event.login": ["ログイン", "login"],
	"event.logout": ["ログアウト", "logout"],
	"event.failed": ["失敗", "failure"],
	"event.locked": ["ロック", "locked"],
	"event.ended": ["終了", "ended"],

	"users.name": ["氏名", "Name"],
	"users.role": ["役割", "Role"],
	"users.last": ["最終ログイン", "Last login"],
	"users.since": ["登録日", "Since"],
	"users.active": ["有効", "active"],
	"users.disabled": ["停止", "disabled"],
	"users.locked": ["ロック中", "locked"],
	"users.dormant": ["長期未使用", "dormant"],
	"users.mustChange": ["仮パスワード", "temporary password"],
	"users.two": ["管理者は 2 人以上必要です。", "At least two administrators are needed."],
	"users.everything": ["全体", "everything"],
	"users.create": ["利用者を追加", "Add a user"],
	"users.created": ["追加しました。", "Added."],
	"users.temporary": ["仮パスワード", "Temporary password"],
	"users.once": ["今だけ表示されます。本人に伝えてください。最初のログインで変更が必要です。",
		"Shown only now. Tell it to the user, who must change it at the first login."],
	"users.account": ["アカウント", "Account"],
	"users.source": ["登録元", "Source"],
	"users.source.local": ["この装置", "this gateway"],
	"users.source.directory": ["ディレクトリ", "directory"],
	"users.grants": ["権限", "Grants"],
	"users.granted": ["付与日時", "Granted"],
	"users.by": ["付与者", "By"],
	"users.add": ["付与", "Grant"],
	"users.added": ["付与しました。", "Granted."],
	"users.remove": ["取り消す", "Take back"],
	"users.removed": ["取り消しました。", "Taken back."],
	"users.reset": ["仮パスワードを発行", "New temporary password"],
	"users.resetFactors": ["二要素認証を解除", "Reset the second factor"],
	"users.unlock": ["ロック解除", "Unlock"],
	"users.disable": ["停止する", "Disable"],
	"users.enable": ["再開する", "Enable"],
	"users.reason.left": ["退職", "left"],
	"users.reason.moved": ["異動", "moved"],
	"users.reason.dormant": ["長期未使用", "dormant"],
	"users.reason.incident": ["事故対応", "incident"],
	"users.reason.other": ["その他", "other"],

	"clients.title": ["API クライアント", "API clients"],
	"clients.hint": ["文書管理システムなどのプログラムがファイルを渡すためのものです。審査・承認・管理はできません。",
		"For programs that hand in files. They never review, approve or administer."],
	"clients.name": ["名称", "Name"],
	"clients.create": ["API クライアントを追加", "Add an API client"],
	"clients.days": ["有効日数", "Days until its end"],
	"clients.rate": ["1 分あたりの回数", "Calls a minute"],
	"clients.may": ["できること", "May"],
	"clients.may.upload": ["ファイルを渡す", "hand in files"],
	"clients.may.read": ["結果を受け取る", "fetch results"],
	"clients.may.certificate": ["証明書を受け取る", "fetch certificates"],
	"clients.may.report": ["報告を受け取る", "fetch reports"],
	"clients.expires": ["有効期限", "End"],
	"clients.used": ["最終利用", "Last use"],
	"clients.expired": ["期限切れ", "expired"],
	"clients.revoked": ["失効", "revoked"],
	"clients.revoke": ["失効させる", "Revoke"],
	"clients.secret": ["シークレット", "Secret"],
	"clients.once": ["今だけ表示されます。連携するシステムに設定してください。",
		"Shown this once. Set it in the system that uses it."],

	"stop.inbound": ["受信(外部から)", "inbound traffic"],
	"stop.outbound": ["送信(外部へ)", "outbound traffic"],
	"stop.intake": ["ファイルの受け付け", "intake of files"],
	"stop.delivery": ["払い出し・配送", "delivery"],
	"stop.release": ["審査による払い出し", "releases"],
	"emergency.text": ["止めたものは記録され、再開するまで保持されます。",
		"What is stopped is recorded and stays stopped until it is resumed."],
	"emergency.running": ["稼働中", "running"],
	"emergency.stopped": ["停止中", "stopped"],
	"emergency.stop": ["停止する", "Stop"],
	"emergency.resume": ["再開する", "Resume"],
	"incident.open": ["対応中", "open"],
	"incident.closed": ["終了", "closed"],
	"emergency.bundle": ["証拠一式を保存", "Save the evidence"],
	"emergency.incidents": ["事故の記録", "Incidents"],

	"exceptions.until": ["期限", "Until"],
	"exceptions.what": ["内容", "What"],
	"exceptions.by": ["承認者", "Approved by"],

	"policy.approver": ["承認者", "Approver"],
	"policy.one": ["ポリシー", "Policy"],
	"policy.inForce": ["適用中の版", "In force"],
	"policy.version": ["版", "Version"],
	"policy.versions": ["版の一覧", "Versions"],
	"policy.author": ["作成者", "Author"],
	"policy.origin": ["出所", "Origin"],
	"policy.origin.console": ["コンソール", "console"],
	"policy.origin.file": ["設定ファイル", "configuration file"],
	"policy.since": ["適用日時", "In force since"],
	"policy.decided": ["決定日時", "Decided"],
	"policy.settled": ["適用の結果が出た日時", "Settled"],
	"policy.edit": ["変更を提案する", "Propose a change"],
	"policy.form": ["項目で編集", "By the form"],
	"policy.formHint": ["項目を変えると下の YAML を書き直します(コメントは残りません)。規則(rules)は YAML で編集します。",
		"Changing a field writes the YAML below anew (without its comments). Rules are edited in the YAML."],
	"policy.text": ["全文(YAML)", "Whole text (YAML)"],
	"policy.yaml": ["ポリシーと規則", "Policies and rules"],
	"policy.yamlHint": ["入力すると自動で検査します。", "It is checked as you type."],
	"policy.default": ["既定({value})", "default ({value})"],
	"policy.asMode": ["mode に従う", "as `mode` says"],
	"policy.limits": ["上限(limits)", "Limits"],
	"policy.modes": ["形式ごとの処理方式(modes)", "Modes of single formats"],
	"policy.good": ["誤りはありません。", "Nothing is wrong."],
	"policy.wrong": ["誤りがあります。", "Something is wrong."],
	"policy.line": ["{line} 行目", "line {line}"],
	"policy.propose": ["提案する", "Propose"],
	"policy.proposed": ["提案しました。別の人の承認を待ちます。", "Proposed. Somebody else has to approve it."],
	"policy.stale": ["一覧を開き直して確かめてください。", "Open the list again and look."],
	"policy.own": ["自分が提案した版は承認できません。", "You cannot decide on your own version."],
	"policy.settling": ["適用しています…", "Being put in force…"],
	"policy.refusedText": ["適用できませんでした。元の版のまま動いています。",
		"It could not be put in force. The former version is still at work."],
	"policy.differenceTo": ["版 {number} との差分", "Difference to version {number}"],
	"policy.rollBack": ["この版に戻す", "Roll back to this version"],
	"policy.rollBackText": ["この版をもう一度提案します。適用には別の人の承認が必要です。",
		"Proposes this version once more; somebody else has to approve it."],
	"policy.rollBackReason": ["版 {number} に戻す", "Roll back to version {number}"],
	"policy.rollsBack": ["戻し先", "Rolls back to"],
	"policy.changes": ["設定変更の記録", "Changes of settings"],
	"policy.subject": ["対象", "What"],
	"policy.subject.file": ["設定ファイル", "configuration file"],
	"policy.subject.policies": ["ポリシー", "policies"],
	"policy.by": ["契機", "By"],
	"policy.by.start": ["起動", "start"],
	"policy.by.reload": ["再読み込み", "reload"],
	"policy.by.version": ["承認", "approval"],
	"policy.taken": ["適用", "taken over"],
	"policy.before": ["変更前", "Before"],
	"policy.after": ["変更後", "After"],

	"difference.title": ["差分", "Difference"],
	"difference.sign": ["増減", "Change"],
	"difference.line": ["行", "Line"],
	"difference.added": ["追加", "added"],
	"difference.removed": ["削除", "removed"],
	"difference.none": ["違いはありません。", "There is no difference."],

	"check.run": ["今すぐ点検する", "Run it now"],
	"check.never": ["まだ点検していません。", "It has not been run yet."],
	"check.results": ["点検結果", "Results"],
	"check.result": ["結果", "Result"],
	"check.what": ["点検項目", "Check"],
	"check.value": ["測定値", "Measured"],
	"check.measured": ["測定日時", "When"],
	"check.none": ["なし", "none"],
	"check.runs": ["これまでの点検", "Earlier runs"],
	"check.kind": ["種類", "Kind"],
	"check.kind.daily": ["毎日", "daily"],
	"check.kind.asked": ["手動", "asked for"],
	"check.kind.mail": ["メールサーバー", "mail server"],
	"check.ok": ["適", "good"],
	"check.warning": ["注意", "warning"],
	"check.failed": ["不適", "failed"],
	"check.unknown": ["未確認", "not known"],
	"report.title": ["年次報告書", "Yearly report"],
	"report.text": ["年度(4 月から 3 月)の点検、事故、例外、申請と決定、項目、利用者、設定変更を、出典とともに印刷できる形で保存します。",
		"Checks, incidents, exceptions, requests, items, users and changes of a fiscal year, each with its source, ready to print."],
	"report.which": ["年度", "Fiscal year"],
	"report.year": ["{year} 年度", "{year}"],
	"report.save": ["保存(HTML)", "Save (HTML)"],
	"unit.hours": ["時間", "hours"],
	"unit.days": ["日", "days"],
	"unit.milliseconds": ["ミリ秒", "ms"],
	"unit.failures": ["回", "failures"],
	"unit.bytes": ["バイト", "bytes"],
	"unit.items": ["件", "items"],
	"unit.percent": ["%", "%"],
	"unit.people": ["人", "people"],
	"unit.stops": ["件", "stops"],

	"audit.seq": ["番号", "Number"],
	"audit.actor": ["行為者", "Actor"],
	"audit.action": ["操作", "Action"],
	"audit.object": ["対象", "Object"],
	"audit.outcome": ["結果", "Outcome"],
	"audit.proof": ["証明", "Proof"],
	"audit.examination": ["日次点検", "Daily examination"],
	"audit.count": ["件数", "Count"],
	"audit.checkpoints": ["署名付きチェックポイント", "Signed checkpoints"],

	"state.held": ["保留", "held"],
	"state.awaiting_password": ["パスワード待ち", "awaiting password"],
	"state.ready": ["払い出し待ち", "ready"],
	"state.delivered": ["配送済み", "delivered"],
	"state.requested": ["承認待ち", "requested"],
	"state.approved": ["承認済み", "approved"],
	"state.releasing": ["払い出し中", "releasing"],
	"state.released_sanitized": ["無害化版を払い出し済み", "sanitized copy released"],
	"state.released_original": ["原本を払い出し済み", "original released"],
	"state.reprocessing": ["再処理中", "being processed again"],
	"state.rejected": ["却下", "rejected"],
	"state.failed": ["実行できず", "could not be done"],
	"state.done": ["実施済み", "done"],
	"state.denied": ["却下", "denied"],
	"state.destroy_due": ["廃棄予定", "to be destroyed"],
	"state.destroyed": ["廃棄済み", "destroyed"],
	"state.withdrawn": ["取り下げ", "withdrawn"],
	"state.open": ["承認待ち", "open"],
	"state.proposed": ["承認待ち", "proposed"],
	"state.in_force": ["適用中", "in force"],
	"state.replaced": ["旧版", "replaced"],
	"state.refused": ["適用できず", "refused"],
	"state.superseded": ["失効", "superseded"],
	"verdict.sanitized": ["無害化した", "sanitized"],
	"verdict.unchanged": ["変更なし", "unchanged"],
	"verdict.converted": ["変換した", "converted"],
	"verdict.blocked": ["通せない", "blocked"],
	"verdict.password": ["パスワードが必要", "needs its password"],
};

const STATES = {
	held: "warn", awaiting_password: "warn", ready: "plain", delivered: "good",
	requested: "warn", open: "warn", approved: "good", releasing: "plain",
	released_sanitized: "good", released_original: "bad", reprocessing: "plain",
	rejected: "bad", denied: "bad", destroyed: "plain", destroy_due: "plain",
	withdrawn: "plain", sanitized: "good", unchanged: "good", converted: "good",
	blocked: "bad", failed: "bad", done: "good", password: "warn", proposed: "warn", in_force: "good",
	replaced: "plain", refused: "bad", superseded: "plain",
};

/* Never by colour alone: each sort has a sign of its own. */
const SIGNS = {good: "✓", warn: "●", bad: "✕", plain: "–"};

let chosen = localStorage.getItem(KEY)
	|| (/^en/i.test(navigator.language) ? "en" : "ja");

document.documentElement.lang = chosen;

export function language() {
	return chosen;
}

export function setLanguage(name) {
	chosen = name;
	localStorage.setItem(KEY, name);
	document.documentElement.lang = name;
}

/** The words for `key`, with {name} replaced; a key without words is shown. */
export function t(key, values) {
	const words = WORDS[key];
	const text = words ? words[chosen === "ja" ? 0 : 1] : key.replace(/^.*\./, "");

	return text.replace(/\{(\w+)\}/g, (all, name) =>
		values && name in values ? String(values[name]) : all);
}

/** A time of the API (ISO text or milliseconds), as people here write it. */
export function time(value) {
	if (!value)
		return "–";
	return new Intl.DateTimeFormat(chosen === "ja" ? "ja-JP" : "en-GB", {
		dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Tokyo",
	}).format(new Date(value));
}

export function age(value) {
	const minutes = Math.max(0, Math.floor((Date.now() - new Date(value)) / 60000));
	const format = new Intl.RelativeTimeFormat(chosen, {numeric: "auto"});

	if (minutes < 60)
		return format.format(-minutes, "minute");
	if (minutes < 48 * 60)
		return format.format(-Math.floor(minutes / 60), "hour");
	return format.format(-Math.floor(minutes / 1440), "day");
}

export function bytes(count) {
	const units = ["B", "KiB", "MiB", "GiB"];
	let at = 0;
	let value = Number(count) || 0;

	while (value >= 1024 && at < units.length - 1) {
		value /= 1024;
		at += 1;
	}
	return `${at ? value.toFixed(1) : value} ${units[at]}`;
}

export function state(sort, text) {
	return el("span", {class: `state ${sort}`},
		el("span", {"aria-hidden": "true"}, `${SIGNS[sort]} `), text);
}

export function itemState(name) {
	return state(STATES[name] || "plain", t(`state.${name}`));
}

export function verdictState(name) {
	return state(STATES[name] || "plain", t(`verdict.${name}`));
}

let sentences = {};

/** The gateway's own sentences, before the first page is shown. */
export async function loadSentences() {
	sentences = await (await fetch("/sentences.json")).json();
}

/** What a stable name of a reason or a removal means; the name where it has
 * no sentence. */
export function sentence(name) {
	const both = sentences[name];

	return both ? both[chosen === "ja" ? 0 : 1] : name || "";
}

export function removalText(removal) {
	return sentence(removal.kind);
}
