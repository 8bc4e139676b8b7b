// From a tumour registry's ICD-O-3 codes to ICD-10-CM, where there is one answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "radonc/core/export.hpp"

namespace radonc::clinical {

/// The ICD-10-CM code of a primary malignant tumour from its ICD-O-3 topography ("C67.2") and morphology ("8120/3"), or
/// nothing. An answer is always a leaf of the list.
///
/// The rule is that of SEER's conversion programs: for most solid tumours of behaviour /3 ICD-O-3's topography code is
/// ICD-10's C code, whereas some tumours are coded by their morphology. Here that is so with what is certain only:
/// - C67.2 is C67.2 if that is a leaf of ICD-10-CM, and C61.9, the one code of its site, is C61.
/// - Melanoma of the skin (8720–8790, C44.x) is C43.x.
/// - Liver: hepatocellular carcinoma (8170–8175) is C22.0, intrahepatic cholangiocarcinoma (8160) is C22.1.
///
/// Nothing, since one code does not follow from the two:
/// - where ICD-10-CM asks for more, such as side, sex or kind of cell: C50.4, C34.1, C62.9, C44.3;
/// - behaviours other than /3, malformed codes, and topographies without a like code in ICD-10-CM (C15.0, C72.8);
/// - haematological neoplasms (9590–9993), Kaposi's sarcoma (9140), mesothelioma (9050–9055), other melanomas;
/// - neuroendocrine and islet-cell tumours, small-cell carcinoma outside the lung, Merkel's carcinoma, GIST;
/// - sarcomas and nerve sheath tumours but in bone, soft tissue, heart, mediastinum and retroperitoneum, and
///   choriocarcinoma but of the placenta: ICD-10-CM's index has entries of their own for them;
/// - other tumours of the liver;
/// - C42 (blood), C44 (skin), C76.8, C77 (lymph nodes) and C80, which mean something else in ICD-10-CM, as do C56.9,
///   C64.9, C65.9 and C66.9, where the nine says that the side is unknown.
RADONC_API std::optional<std::string> icd10_of_icd_o3(std::string_view topography, std::string_view morphology);

}  // namespace radonc::clinical
