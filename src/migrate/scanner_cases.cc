#include "migrate/scanner_cases.h"

namespace poststack::migrate::test {

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<ScannerCase> scanner_cases() {
    const std::string atomic =
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC\n"
        "  SELECT CASE WHEN a > 1 THEN 2 END;\n  SELECT 3;\nEND";
    return {
        // Blanks and comments.
        {"Empty", "", {}},
        {"OnlyBlanksAndComments", " \n-- x;\n/* y; */ ", {}},
        {"EmptyStatements", ";;\n ; SELECT 1;;", {"SELECT 1"}},
        {"TwoOnALine", "SELECT 1; SELECT 2;", {"SELECT 1", "SELECT 2"}},
        {"NoFinalSemicolonPlusComment", "SELECT 1;\nSELECT 2 -- end", {"SELECT 1", "SELECT 2"}},
        {"ByteOrderMark", "\xef\xbb\xbfSELECT 1;", {"SELECT 1"}},
        {"CarriageReturns", "SELECT 1;\r\nSELECT\r\n2;\r\n", {"SELECT 1", "SELECT\r\n2"}},
        {"CommentEndingInBackslash", "-- c:\\\nSELECT 1;", {"SELECT 1"}},
        {"SemicolonInLineComment", "SELECT 1 -- ;\n+ 2;", {"SELECT 1 -- ;\n+ 2"}},
        {"NestedComments", "/* /* ; */ ; */ SELECT /*/*;*/;*/ 1;", {"SELECT /*/*;*/;*/ 1"}},
        {"SlashStarSlash", "/*/ ; */ SELECT 1;", {"SELECT 1"}},
        {"CommentInOperator", "SELECT 1 +--;\n2;", {"SELECT 1 +--;\n2"}},
        {"StarsBeforeClose", "/**; **/SELECT 1;", {"SELECT 1"}},
        {"DivisionAndMinus", "SELECT 4/2-1;", {"SELECT 4/2-1"}},
        {"PlainPlaceholders",
         "SELECT '${X}', ':name', '%s', j ? 'a' :name;",
         {"SELECT '${X}', ':name', '%s', j ? 'a' :name"}},
        // Quotes.
        {"Doubled", "SELECT 'it''s;';", {"SELECT 'it''s;'"}},
        {"BackslashBeforeQuote", "SELECT 'C:\\'; SELECT 2;", {"SELECT 'C:\\'", "SELECT 2"}},
        {"EscapeString", "SELECT E'a\\';b'; SELECT 2;", {"SELECT E'a\\';b'", "SELECT 2"}},
        {"EscapeDoubledBackslash", "SELECT e'\\\\'; SELECT 2;", {"SELECT e'\\\\'", "SELECT 2"}},
        {"WordEndingInE", "SELECT name'x\\'; SELECT 2;", {"SELECT name'x\\'", "SELECT 2"}},
        {"EscapeGoesOn", "SELECT E'a'\n  '\\';'; SELECT 2;", {"SELECT E'a'\n  '\\';'", "SELECT 2"}},
        {"EscapeContinued",
         "SELECT E'a' -- c\n  '\\';'; SELECT 2;",
         {"SELECT E'a' -- c\n  '\\';'", "SELECT 2"}},
        {"EscapeNotContinued", "SELECT E'a' 'b\\'; SELECT 2;", {"SELECT E'a' 'b\\'", "SELECT 2"}},
        {"NonStandard", "SELECT 'a\\';b'; SELECT 2;", {"SELECT 'a\\';b'", "SELECT 2"}, false},
        {"UnicodeNonStandard", "SELECT U&'a\\'; SELECT 2;", {"SELECT U&'a\\'", "SELECT 2"}, false},
        {"BitString", "SELECT B'1;0', x'f;';", {"SELECT B'1;0', x'f;'"}},
        {"UnicodeString", "SELECT U&'d\\0061;' UESCAPE '!';", {"SELECT U&'d\\0061;' UESCAPE '!'"}},
        {"UnicodeIdentifier", "SELECT U&\"d\\0061t;a\";", {"SELECT U&\"d\\0061t;a\""}},
        {"QuotedIdentifier", "SELECT \"a;\"\"b\";", {"SELECT \"a;\"\"b\""}},
        {"BackslashInIdentifier", "SELECT \"a\\\"; SELECT 2;", {"SELECT \"a\\\"", "SELECT 2"}},
        // Dollar quotes.
        {"DollarQuote", "SELECT $$a;b$$;", {"SELECT $$a;b$$"}},
        {"DollarTag", "SELECT $a$ $b$; $b$ ; $a$;", {"SELECT $a$ $b$; $b$ ; $a$"}},
        {"NestedTag", "SELECT $$ $f$; $$; SELECT 2;", {"SELECT $$ $f$; $$", "SELECT 2"}},
        {"QuoteInside", "SELECT $q$it's;$q$;", {"SELECT $q$it's;$q$"}},
        {"InIdentifier", "SELECT a$b$c; SELECT 2;", {"SELECT a$b$c", "SELECT 2"}},
        {"Parameter", "SELECT $1; SELECT 2;", {"SELECT $1", "SELECT 2"}},
        {"AfterNumber", "SELECT 1$$;$$;", {"SELECT 1$$;$$"}},
        {"AfterPower", "SELECT 1.5e3$$;$$;", {"SELECT 1.5e3$$;$$"}},
        {"AfterSignedPower", "SELECT 2E-3$$;$$;", {"SELECT 2E-3$$;$$"}},
        {"AfterUnderscore", "SELECT 1_000$$;$$;", {"SELECT 1_000$$;$$"}},
        {"AfterHexadecimal", "SELECT 0x1F$$;$$;", {"SELECT 0x1F$$;$$"}},
        {"TagCase", "SELECT $A$;$a$;$A$;", {"SELECT $A$;$a$;$A$"}},
        {"NonAsciiTag", "SELECT $\xc3\xa9$;$\xc3\xa9$;", {"SELECT $\xc3\xa9$;$\xc3\xa9$"}},
        {"LoneDollar", "SELECT $ ; SELECT 2;", {"SELECT $", "SELECT 2"}},
        // Parentheses and bodies.
        {"Rule",
         "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3;",
         {"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"}},
        {"SurplusParenthesis", "SELECT 1); SELECT 2;", {"SELECT 1)", "SELECT 2"}},
        {"UnclosedParenthesis", "SELECT (1; SELECT 2;", {"SELECT (1; SELECT 2;"}},
        {"AtomicBody", atomic + "; SELECT 4;", {atomic, "SELECT 4"}},
        {"AtomicProcedure",
         "create or replace procedure p() begin atomic select 1; end; SELECT 2;",
         {"create or replace procedure p() begin atomic select 1; end", "SELECT 2"}},
        {"BeginInParentheses",
         "CREATE FUNCTION f(\"begin\" int, begin int) RETURNS int AS $$x;$$; SELECT 2;",
         {"CREATE FUNCTION f(\"begin\" int, begin int) RETURNS int AS $$x;$$", "SELECT 2"}},
        {"BeginAsAName",
         "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f() "
         "BEGIN "
         "ATOMIC SELECT begin(); SELECT s.begin, 1 AS begin FROM begin AS s; END; SELECT 2;",
         {"CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'",
          "CREATE FUNCTION f() BEGIN ATOMIC SELECT begin(); SELECT s.begin, 1 AS begin FROM begin "
          "AS "
          "s; END",
          "SELECT 2"}},
        {"EndAndCaseAsNames",
         "CREATE FUNCTION f() BEGIN ATOMIC SELECT s.end, 1 AS end, 2 AS case FROM s; SELECT CASE "
         "WHEN s.case THEN 1 END AS end; END; SELECT 3;",
         {"CREATE FUNCTION f() BEGIN ATOMIC SELECT s.end, 1 AS end, 2 AS case FROM s; SELECT CASE "
          "WHEN s.case THEN 1 END AS end; END",
          "SELECT 3"}},
        {"EndAsQuotedIdentifier",
         "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS \"end\"; SELECT 2; END; SELECT 3;",
         {"CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS \"end\"; SELECT 2; END", "SELECT 3"}},
        {"CaseOutsideBody",
         "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 2;",
         {"CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END", "SELECT 2"}},
        {"BeginElsewhere", "BEGIN; SELECT 1; END;", {"BEGIN", "SELECT 1", "END"}},
        {"DoBlock", "DO $$ BEGIN PERFORM 1; END $$;", {"DO $$ BEGIN PERFORM 1; END $$"}},
        // COPY and its data.
        {"Data",
         "COPY t (a, b) FROM stdin;\n1\tx;\n2\t'\n\\.\nSELECT 1;",
         {"COPY t (a, b) FROM stdin", "data:1\tx;\n2\t'\n", "SELECT 1"}},
        {"NoRows",
         "copy t from STDIN;\n\\.\nSELECT 1;",
         {"copy t from STDIN", "data:", "SELECT 1"}},
        {"Csv",
         "COPY t FROM stdin WITH (FORMAT csv); -- rows\n\"a\n\\.b\"\n\\.\n",
         {"COPY t FROM stdin WITH (FORMAT csv)", "data:\"a\n\\.b\"\n"}},
        {"CarriageReturnEnd",
         "COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;",
         {"COPY t FROM stdin", "data:1\r\n", "SELECT 1"}},
        {"EndWithoutNewline", "COPY t FROM stdin;\n1\n\\.", {"COPY t FROM stdin", "data:1\n"}},
        {"LooksLikeEnd",
         "COPY t FROM stdin;\n\\.x\nx\\.\n\\N\n\\.\n",
         {"COPY t FROM stdin", "data:\\.x\nx\\.\n\\N\n"}},
        {"FromFile", "COPY t FROM '/x'; SELECT 1;", {"COPY t FROM '/x'", "SELECT 1"}},
        {"ToStdout", "COPY t TO stdout; SELECT 1;", {"COPY t TO stdout", "SELECT 1"}},
        {"QueryWithFromStdin",
         "COPY (SELECT * FROM stdin) TO stdout; SELECT 1;",
         {"COPY (SELECT * FROM stdin) TO stdout", "SELECT 1"}},
        {"TableNamedCopy",
         "SELECT copy FROM stdin; SELECT 1;",
         {"SELECT copy FROM stdin", "SELECT 1"}},
        // Commands of psql.
        {"Restrict", "\\restrict aB3\nSELECT 1;\n\\unrestrict aB3\n", {"SELECT 1"}},
    };
}

}  // namespace poststack::migrate::test
