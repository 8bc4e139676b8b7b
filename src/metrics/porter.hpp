// Porter's stemmer (Porter 1980) with NLTK's extensions, as rouge_score uses it.
#pragma once

#include <string>

namespace radonc::metrics {

/// The stem of a lower-case ASCII word. Equals nltk.stem.porter.PorterStemmer().stem(word).
std::string porter_stem(std::string word);

}  // namespace radonc::metrics
