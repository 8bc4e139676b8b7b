// ICD-10-CM: the form of its codes, and the whole official list with its hierarchy and descriptions.
// The list is a work of the US government (National Center for Health Statistics, CDC) and in the public domain. It is
// compiled into the library: there is no file to find. Made by tools/make_icd10_table.py; the first use unpacks it,
// which takes milliseconds. Every function may be called from any thread.
//
// A code may be given in any spelling that normalize_icd10 reads; what comes back is normalised. "Nothing" and "false"
// are the answers for what is no code: nothing here throws for what the text holds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::clinical {

/// "c50.9", "C509" → "C50.9"; "c73" → "C73"; nothing for what is not of ICD-10-CM's form: a letter, a digit, a digit or
/// A or B, then up to four digits or letters (C4A, C7A.00, C49.A1 are codes). QA0, new in 2026, is the one category
/// with a letter in second place.
RADONC_API std::optional<std::string> normalize_icd10(std::string_view code);

/// The category: the first three characters of a normalised code.
RADONC_API std::string icd10_category(std::string_view code);

/// The edition of the list: "ICD-10-CM, April 2026".
RADONC_API std::string_view icd10_edition();

/// Whether the text has the form of a code, in the list or not.
RADONC_API bool icd10_is_well_formed(std::string_view code);

/// Whether the list has the code: a category, a subcategory, or a code with its seventh character.
RADONC_API bool icd10_exists(std::string_view code);

/// Whether the code is in the list and has none below it. Only such a code is complete, and may be billed.
RADONC_API bool icd10_is_leaf(std::string_view code);

/// What may be said of an answer without knowing the right one. Each holds only if those before it do.
struct RADONC_API Icd10Validity {
  bool well_formed = false;
  bool exists = false;
  bool leaf = false;

  bool operator==(const Icd10Validity&) const = default;
};
RADONC_API Icd10Validity icd10_validity(std::string_view code);

/// The official description of a code, of a block ("C00-C14") or of a chapter ("2"). A category that is a block of its
/// own, such as C50, is described as the category.
RADONC_API std::optional<std::string> icd10_description(std::string_view code);

/// The entry above a code, block or chapter: C50.41 → C50.4 → C50 → its block, "C50" → its chapter, "2" → nothing.
/// Nothing as well for what is not in the list.
RADONC_API std::optional<std::string> icd10_parent(std::string_view code);

/// All entries above, nearest first; the last three are the category (of a subcategory), the block and the chapter.
RADONC_API std::vector<std::string> icd10_ancestors(std::string_view code);

/// The entries directly below a code, block or chapter, in the list's order; none below a leaf.
RADONC_API std::vector<std::string> icd10_children(std::string_view code);

/// A chapter ("2") or a block ("C00-C14", "C50").
struct RADONC_API Icd10Group {
  std::string id;
  std::string description;

  bool operator==(const Icd10Group&) const = default;
};

/// The chapter of a code and its block, the innermost one. Both follow from the category: they are known of C50.7,
/// which is not in the list, because C50 is.
RADONC_API std::optional<Icd10Group> icd10_chapter(std::string_view code);
RADONC_API std::optional<Icd10Group> icd10_block(std::string_view code);

/// The 22 chapters; and the blocks of one, none if there is no such chapter. Chapter 2 also lists two blocks of blocks,
/// C00-C96 and C00-C75, that have no code directly below them.
RADONC_API std::vector<Icd10Group> icd10_chapters();
RADONC_API std::vector<Icd10Group> icd10_blocks(std::string_view chapter);

/// Which codes of the list.
enum class Icd10Codes {
  kAll,     ///< categories and subcategories too: "C50", "C50.4", "C50.41", "C50.411"
  kLeaves,  ///< complete ones: "C50.411"
};

/// The codes of a chapter ("2"), of a block that has a hyphen ("C00-C14"), or that begin with a prefix ("C50", "C5",
/// "c50.4", "" for all), in the list's order. Empty if there is none. The reference holds until the program ends.
RADONC_API const std::vector<std::string>& icd10_codes(std::string_view chapter_or_prefix,
                                                       Icd10Codes which = Icd10Codes::kAll);

/// At most `k` codes of the list that are nearest to a wrong one: those of its category first, then by edit distance
/// (Levenshtein's, the point left out), those of its first letter before others, then in the list's order. A code of
/// the list is nearest to itself. None for a text with no letter or digit, or with more than 12.
RADONC_API std::vector<std::string> nearest_icd10(std::string_view code, std::size_t k = 5);

/// What a list of codes says about the malignancy.
struct RADONC_API Malignancy {
  std::optional<std::string> code;  ///< the malignancy, normalised; nothing if the list names none
  bool is_secondary = false;        ///< only metastases are named (C77–C79, C7B), and `code` is the first of them
  bool only_radiation_encounter = false;  ///< Z51.0 is all there is: the case cannot say what was treated

  bool operator==(const Malignancy&) const = default;
};

/// The first code of chapter 2 (C00–D49) that is not a metastasis, or else the first metastasis. An encounter for
/// radiotherapy is coded Z51.0 first and the malignancy behind it (ICD-10-CM Official Guidelines for Coding and
/// Reporting, section I.C.2.e), so that the first code of a record is often not the diagnosis. Codes whose category is
/// in the list count, even if they are not, such as those of other editions; what is no code is passed over.
RADONC_API Malignancy primary_malignancy(const std::vector<std::string>& codes);

}  // namespace radonc::clinical
