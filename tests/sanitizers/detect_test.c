#include "sanitizers/detect.h"

#include "sanitizers/detect/kind.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("detect"), 0);
}

/* What detection says, without a sanitizer that runs. */
static int detect(struct job *job, const struct policy *policy,
		  struct view input, const char *name)
{
	*job = (struct job){.input = input,
			    .name = name,
			    .declared = "",
			    .policy = policy,
			    .recheck = true};
	local_prepare();
	return detect_format(job);
}

static void assert_detects(struct view input, const char *name, int error,
			   const char *detected)
{
	struct policy policy;
	struct job job;

	policy_default(&policy);
	assert_int_equal(detect(&job, &policy, input, name), error);
	assert_string_equal(job.detected, detected);
}

/* libmagic 5.44 reads the first two as text, the third as octet-stream. */
static void rtf_is_found_without_its_f_and_behind_blanks(void **state)
{
	(void)state;
	assert_detects(view_of_string("{\\rt1\\ansi a}"), "a.txt", 0, "rtf");
	assert_detects(view_of_string(" \r\n\t{\\rtf1\\ansi a}"), "a.doc", 0,
		       "rtf");
}

/* Also where nobody asks what it is. */
static void what_has_to_be_decoded_goes_elsewhere(void **state)
{
	struct view head = view_of_string("BM\x3a\0\0\0\0\0\0\0\x36\0\0\0");
	struct policy policy;
	struct job job;

	(void)state;
	policy_default(&policy);
	local_prepare();
	job = (struct job){.input = head,
			   .name = "a.txt",
			   .declared = "",
			   .policy = &policy,
			   .forced = FORMAT_BMP,
			   .pictures_elsewhere = true};
	assert_int_equal(job_run(&job), -ERR_DECODED_ELSEWHERE);
	assert_int_equal(job.removals, 0);
	job.format = FORMAT_TEXT;
	assert_false(job_is_elsewhere(&job));
	job.format = FORMAT_PNG;
	assert_true(job_is_elsewhere(&job));
	job.format = FORMAT_EML;
	assert_false(job_is_elsewhere(&job));
	job.mail_elsewhere = true;
	assert_true(job_is_elsewhere(&job));
	job.format = FORMAT_PNG;
	job.pictures_elsewhere = false;
	assert_false(job_is_elsewhere(&job));
}

static void pdf_is_found_behind_junk(void **state)
{
	struct buffer buffer = buffer_make(4096);

	(void)state;
	for (unsigned i = 0; i < 900; i++)
		buffer_u8(&buffer, (uint8_t)(i * 37 + 129));
	buffer_text(&buffer, "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n");
	assert_string_equal(kind_by_structure(buffer_contents(&buffer)).name,
			    "pdf");
	buffer_free(&buffer);
}

static void a_gif_that_is_a_pdf_is_ambiguous(void **state)
{
	(void)state;
	assert_detects(view_of_string("GIF89a%PDF-1.4\n1 0 obj<<>>endobj"),
		       "a.gif", -ERR_TYPE_AMBIGUOUS, "gif and pdf");
}

/* One stored member of a ZIP: local header and central entry. */
static void add_member(struct buffer *local, struct buffer *central,
		       const char *name)
{
	uint32_t offset = (uint32_t)local->size;
	uint16_t size = (uint16_t)strlen(name);

	buffer_text(local, "PK\x03\x04");
	buffer_fill(local, 0, 22);
	buffer_u16le(local, size);
	buffer_u16le(local, 0);
	buffer_text(local, name);
	buffer_text(central, "PK\x01\x02");
	buffer_fill(central, 0, 24);
	buffer_u16le(central, size);
	buffer_fill(central, 0, 12);
	buffer_u32le(central, offset);
	buffer_text(central, name);
}

static struct kind kind_with_members(const char *const *names)
{
	struct buffer local = buffer_make(4096);
	struct buffer central = buffer_make(4096);
	struct kind kind;
	uint32_t start;

	for (; *names != NULL; names++)
		add_member(&local, &central, *names);
	start = (uint32_t)local.size;
	buffer_view(&local, buffer_contents(&central));
	buffer_text(&local, "PK\x05\x06");
	buffer_fill(&local, 0, 8);
	buffer_u32le(&local, (uint32_t)central.size);
	buffer_u32le(&local, start);
	buffer_u16le(&local, 0);
	assert_int_equal(buffer_error(&local), 0);
	kind = kind_by_structure(buffer_contents(&local));
	buffer_free(&local);
	buffer_free(&central);
	return kind;
}

/* libmagic reads a document whose parts are in another order as plain ZIP. */
static void a_document_is_found_in_any_order_of_its_parts(void **state)
{
	static const char *const xlsx[] = {"xl/workbook.xml", "docProps/a.xml",
					   "_rels/.rels", "[Content_Types].xml",
					   NULL};
	static const char *const docx[] = {"custom/a.xml", "WORD/document.xml",
					   "[content_types].XML", NULL};
	static const char *const plain[] = {"a.txt", "word/a.txt", NULL};
	static const char *const java[] = {"META-INF/MANIFEST.MF", NULL};

	(void)state;
	assert_string_equal(kind_with_members(xlsx).name, "xlsx");
	assert_string_equal(kind_with_members(docx).name, "docx");
	assert_string_equal(kind_with_members(plain).name, "zip");
	assert_string_equal(kind_with_members(java).name, "jar");
	assert_int_equal(kind_with_members(java).refusal, ERR_TYPE_EXECUTABLE);
}

static void what_looks_like_an_extension_is_refused_as_one(void **state)
{
	static const struct {
		const char *name;
		enum error refusal;
	} names[] = {
	    {"a.ｅｘｅ", ERR_TYPE_EXECUTABLE},
	    {"a．ＥＸＥ", ERR_TYPE_EXECUTABLE},
	    {"a.𝐞𝐱𝐞", ERR_TYPE_EXECUTABLE},
	    {"a.vb\u017F", ERR_TYPE_EXECUTABLE},
	    {"a\u202Etxt.exe", ERR_TYPE_EXECUTABLE},
	    {"a.exe\u202E", ERR_TYPE_EXECUTABLE},
	    {"a.ｌ\u200Bｎｋ . .", ERR_TYPE_FORBIDDEN},
	    {"ａｕｔｏｒｕｎ.ｉｎｆ", ERR_TYPE_FORBIDDEN},
	    {"a：b.exe", ERR_TYPE_EXECUTABLE},
	    {"a.exe／b.docx", ERR_NONE},
	    {"議事録：第１回…㏇.docx", ERR_NONE},
	    {"報告書.ｔｘｔ", ERR_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(kind_by_name(names[i].name).refusal,
				 names[i].refusal);
}

static void the_extension_is_what_windows_sees(void **state)
{
	static const struct {
		const char *name;
		const char *extension;
	} names[] = {
	    {"a.EXE", "exe"},
	    {"a.exe.", "exe"},
	    {"a.exe . .", "exe"},
	    {"a.tar.gz", "gz"},
	    {"a.exe::$DATA", "exe"},
	    {"a.l\u200Bnk", "lnk"},
	    {"dir.x/readme", ""},
	    {"C:\\dir\\a.bat", "bat"},
	    {"報告書.ｔｘｔ", "ｔｘｔ"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char extension[16];

		name_extension(names[i].name, extension, sizeof(extension));
		assert_string_equal(extension, names[i].extension);
	}
}

static void prose_is_no_script(void **state)
{
	static const char *const texts[] = {
	    "REM睡眠について\n睡眠には二種類あります。\n",
	    "From: 山田\nTo: 鈴木\nSubject: 会議\n\n明日の会議です。\n",
	    "ID,氏名\n1,山田\n",
	    "MZ80 のマニュアルです。MZ は機種の名前です。"
	    "六十四文字より長い文章にします。\n",
	    "BM は略語です。\n",
	    "FORM 1040 is a form.\n",
	    "Set the table. Call me later. Start now.\nType the text.\n",
	    "手順書\n1. powershell を開きます。\n2. 次の行を入力します。\n"
	    "Get-ChildItem C:\\\n3. 結果を確かめます。\n4. 閉じます。\n",
	    "070701 は日付です\n070702 も日付です\n",
	    "PK 戦の結果\n",
	    "if you read this, var is a variable.\nThe window. It is open.\n",
	    "a < b and b > c\n",
	    "[設定]\nurl=http://example.jp/\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_detects(view_of_string(texts[i]), "a.txt", 0, "text");
}

static void a_disguise_is_renamed_or_held_by_policy(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	run = local_run(view_of_string("本文\n"), "a.docx", &policy);
	assert_int_equal(run->error, 0);
	assert_string_equal(run->job.extension, "txt");
	assert_int_equal(run->removals[0].kind, REMOVAL_TYPE_RENAMED);
	assert_string_equal(run->removals[0].detail, "docx -> txt");
	local_run_free(run);
	policy.disguise = DISGUISE_BLOCK;
	run = local_run(view_of_string("本文\n"), "a.docx", &policy);
	assert_int_equal(run->error, -ERR_TYPE_DISGUISED);
	local_run_free(run);
}

static void the_declared_type_decides_where_the_name_does_not(void **state)
{
	struct policy policy;
	struct job job = {.input = view_of_string("一列だけの表\n"),
			  .name = "attachment",
			  .declared = "Text/CSV; charset=utf-8",
			  .policy = &policy};

	(void)state;
	policy_default(&policy);
	local_prepare();
	assert_int_equal(detect_format(&job), 0);
	assert_int_equal(job.format, FORMAT_CSV);
	job.declared = "application/octet-stream";
	assert_int_equal(detect_format(&job), 0);
	assert_int_equal(job.format, FORMAT_TEXT);
	policy.disguise = DISGUISE_BLOCK;
	assert_int_equal(detect_format(&job), 0);
	job.declared = "image/png";
	assert_int_equal(detect_format(&job), -ERR_TYPE_DISGUISED);
}

/* A directory chain that is a loop, sectors outside the file. */
static void a_broken_compound_file_is_still_one(void **state)
{
	uint8_t bytes[1536] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};

	(void)state;
	assert_string_equal(
	    kind_by_structure(view_of(bytes, sizeof(bytes))).name, "cfb");
	assert_string_equal(kind_by_structure(view_of(bytes, 8)).name, "cfb");
	for (size_t i = 8; i < sizeof(bytes); i++)
		bytes[i] = 0xFE;
	assert_string_equal(
	    kind_by_structure(view_of(bytes, sizeof(bytes))).name, "cfb");
}

static void libmagic_votes(void **state)
{
	(void)state;
	local_prepare();
	assert_string_equal(magic_vote(view_of_string("%PDF-1.4\n")),
			    "application/pdf");
	assert_int_equal(kind_by_mime("application/x-dosexec", false).refusal,
			 ERR_TYPE_EXECUTABLE);
	assert_null(kind_by_mime("text/x-c", true).name);
}

/* The short way says of a text whatever the whole database accuses it of. */
static void the_excerpt_misses_nothing_that_a_text_is_refused_for(void **state)
{
	static const char *const texts[] = {
	    "#!/bin/sh\necho a\n",
	    "#! /usr/bin/env perl\nprint 1;\n",
	    "eval '(exit $?0)' && eval 'exec perl -w -S $0 ${1+\"$@\"}'\n",
	    "@echo off\r\ndel a\r\n",
	    "<?php echo 1; ?>\n",
	    "\n\n<!DOCTYPE html>\n<html><head></head></html>\n",
	    "<head><title>a</title></head>\n",
	    "{\\rtf1\\ansi a}\n",
	    "%!PS-Adobe-3.0\n%%Pages: 1\n",
	    "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_A]\r\n",
	    "REGEDIT4\r\n",
	    "[InternetShortcut]\r\nURL=http://a.example/\r\n",
	    "[Version]\r\nSignature=\"$CHICAGO$\"\r\n",
	    "<?xml version=\"1.0\"?>\n<svg xmlns=\"\"></svg>\n",
	    "#include <stdio.h>\nint main(void) { return 0; }\n",
	    "From: a@example.com\nSubject: b\n\nc\n",
	    "a,b\n1,2\n",
	};
	size_t accused = 0;

	(void)state;
	local_prepare();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct view text = view_of_string(texts[i]);
		const char *whole = kind_by_mime(magic_vote(text), true).name;
		const char *part =
		    kind_by_mime(magic_vote_on_text(text), true).name;

		accused += whole != NULL;
		assert_true((whole == NULL) == (part == NULL));
		if (whole != NULL)
			assert_string_equal(part, whole);
	}
	assert_true(accused >= 8);
	assert_string_equal(magic_vote_on_text(view_of_string("Good day.\n")),
			    "text/plain");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(rtf_is_found_without_its_f_and_behind_blanks),
	    cmocka_unit_test(what_has_to_be_decoded_goes_elsewhere),
	    cmocka_unit_test(pdf_is_found_behind_junk),
	    cmocka_unit_test(a_gif_that_is_a_pdf_is_ambiguous),
	    cmocka_unit_test(a_document_is_found_in_any_order_of_its_parts),
	    cmocka_unit_test(what_looks_like_an_extension_is_refused_as_one),
	    cmocka_unit_test(the_extension_is_what_windows_sees),
	    cmocka_unit_test(prose_is_no_script),
	    cmocka_unit_test(a_disguise_is_renamed_or_held_by_policy),
	    cmocka_unit_test(the_declared_type_decides_where_the_name_does_not),
	    cmocka_unit_test(a_broken_compound_file_is_still_one),
	    cmocka_unit_test(libmagic_votes),
	    cmocka_unit_test(
		the_excerpt_misses_nothing_that_a_text_is_refused_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
