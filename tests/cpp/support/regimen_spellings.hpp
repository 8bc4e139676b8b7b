// Spellings of prescriptions from the literature and from notes: those that have one meaning, and those that have not.
#pragma once

namespace radonc::test {

struct Spelling {
  const char* text;
  const char* meaning;  ///< the canonical sentence without what is not stated; or "- " and the reason why there is none
};

constexpr const char* kThirty = "200 cGy x 30 fractions; total 6000 cGy";
constexpr const char* kPelvis = "180 cGy x 25 fractions; total 4500 cGy; then 180 cGy x 5 fractions; total 900 cGy";

constexpr Spelling kSpellings[] = {
    // A fraction size, several times a day, up to a total.
    {"1.5 Gy BID to 45 Gy", "150 cGy x 30 fractions twice a day; total 4500 cGy"},
    {"1.2 Gy twice daily to 69.6 Gy", "120 cGy x 58 fractions twice a day; total 6960 cGy"},
    {"1.2 Gy bid to a total of 69.6 Gy", "120 cGy x 58 fractions twice a day; total 6960 cGy"},
    {"1.2 Gy BID, total dose 76.8 Gy", "120 cGy x 64 fractions twice a day; total 7680 cGy"},
    {"1.5 Gy TID to 54 Gy", "150 cGy x 36 fractions 3 times a day; total 5400 cGy"},
    {"69.6 Gy at 1.2 Gy BID", "120 cGy x 58 fractions twice a day; total 6960 cGy"},
    {"45 Gy BID in 30 fractions", "150 cGy x 30 fractions twice a day; total 4500 cGy"},
    {"60 Gy in 40 fractions, two per day", "150 cGy x 40 fractions twice a day; total 6000 cGy"},
    {"60 Gy in 40 fractions, 2 per day", "150 cGy x 40 fractions twice a day; total 6000 cGy"},
    {"60 Gy in 40 fractions BID, 6 h apart", "150 cGy x 40 fractions twice a day; total 6000 cGy"},
    {"60 Gy in 40 fractions BID with 6 hours between fractions", "150 cGy x 40 fractions twice a day; total 6000 cGy"},
    {"60 Gy in 40 fractions with 6 hours between fractions", "- not an exact dose"},
    {"30 Gy BID to 60 Gy", "- more doses than a phase has"},
    {"3.4 Gy BID for 5 days", "- fractions missing"},
    {"PDR 0.5 Gy/h x 100", "- a dose rate"},
    // A total and the size of a fraction.
    {"60Gy/2Gy", kThirty},
    {"60 Gy (2 Gy)", kThirty},
    {"60 Gy/30/2 Gy", kThirty},
    {"30 x 2 Gy to 60 Gy", kThirty},
    {"6000 cGy @ 200", kThirty},
    {"6000 cGy @ 200 x 30", kThirty},
    {"6000 cGy in 30 fx @ 200", kThirty},
    {"60 Gy in 30 fractions at 2", kThirty},
    {"5040 cGy @ 180", "180 cGy x 28 fractions; total 5040 cGy"},
    {"54 Gy at 1.8", "180 cGy x 30 fractions; total 5400 cGy"},
    {"5040 cGy @ 190", "- no whole number of fractions"},
    {"6000 cGy in 30 @ 180", "- a number without a unit"},
    {"50 Gy in 25, gantry at 180 degrees", "- a number without a unit"},
    {"45 Gy/9 Gy", "- several doses, and which one is meant is not said"},
    {"50.4 Gy/3.6 Gy", "- several doses, and which one is meant is not said"},
    {"45 Gy (9 Gy)", "- more doses than a phase has"},
    {"1.8 Gy to 2 Gy per fraction to 45 Gy", "- a range"},
    // Two numbers without a unit are read where one reading alone is plausible, and nothing else is said.
    {"6000/30", kThirty},
    {"6000 in 30", kThirty},
    {"6000 / 30 / 6 weeks", kThirty},
    {"200 x 30", kThirty},
    {"200x30", kThirty},
    {"267 x 15", "267 cGy x 15 fractions; total 4005 cGy"},
    {"whole brain 30/10", "Whole brain; 300 cGy x 10 fractions; total 3000 cGy"},
    {"sacrum 20/5", "Sacrum; 400 cGy x 5 fractions; total 2000 cGy"},
    {"IMRT 70/35", "imrt; 200 cGy x 35 fractions; total 7000 cGy"},
    {"rectum 5 x 5", "Rectum; 500 cGy x 5 fractions; total 2500 cGy"},
    {"breast 50/25 + 10/5",
     "Breast; 200 cGy x 25 fractions; total 5000 cGy; then 200 cGy x 5 fractions; total 1000 cGy"},
    {"SIB 2.1/1.8 x 33",
     "210 cGy x 33 fractions; total 6930 cGy; with simultaneous 180 cGy x 33 fractions; total 5940 cGy"},
    // Small numbers may be anything where nothing tells of a prescription.
    {"30/10", "- no dose with a unit"},
    {"20/20", "- no dose with a unit"},
    {"BP 120/80", "- no dose with a unit"},
    {"12/5/2020", "- no dose with a unit"},
    {"pain 5/10, lung", "- no dose with a unit"},
    {"prostate 12/5/2020", "- no dose with a unit"},
    // 3 Gy x 20 or 20 Gy x 3; 2 Gy x 30 or 30 Gy x 2.
    {"prostate 60/3", "- no dose with a unit"},
    {"SBRT lung 48/4", "- no dose with a unit"},
    {"brain 30 x 2", "- no dose with a unit"},
    {"brain 2 x 30", "- no dose with a unit"},
    {"SIB 70/56 x 35", "- no dose with a unit"},
    {"Brain; external beam; 6000/30", "- no prescription behind site and modality"},
    // Fractions by the calendar.
    {"2 Gy per day, five days a week, for 6 weeks", kThirty},
    {"2 Gy a day, 5 times a week, for six weeks", kThirty},
    {"2 Gy/fx, 5 fx per week for 6 weeks", kThirty},
    {"300 cGy daily for 10 days", "300 cGy x 10 fractions; total 3000 cGy"},
    {"300 cGy daily x 10 days", "300 cGy x 10 fractions; total 3000 cGy"},
    {"45 Gy in 25 fractions (5 per week)", "180 cGy x 25 fractions; total 4500 cGy"},
    {"60 Gy in 30 fractions over 40 days", kThirty},
    {"20 Gy in 5# over 1 week", "400 cGy x 5 fractions; total 2000 cGy"},
    {"2 Gy/day for 6 weeks", "- fractions missing"},
    {"2 Gy/day, 5 days a week over 6 weeks", "- fractions missing"},
    {"1.8 Gy daily, 5 days a week for 5.5 weeks", "- fractions missing"},
    {"10 Gy per week for 6 weeks, 5 days a week", "- fractions missing"},
    {"300 cGy daily for 10 days over 2 weeks", "- fractions missing"},
    // Numbers in words.
    {"thirty fractions of 2 Gy", kThirty},
    {"60 Gy in thirty fractions", kThirty},
    {"twenty-five fractions of 1.8 Gy", "180 cGy x 25 fractions; total 4500 cGy"},
    {"45 Gy in twenty five fractions", "180 cGy x 25 fractions; total 4500 cGy"},
    {"8 Gy single dose", "800 cGy x 1 fractions; total 800 cGy"},
    {"single dose of 8 Gy", "800 cGy x 1 fractions; total 800 cGy"},
    {"one hundred twenty five fractions of 2 Gy", "- a number that cannot be read"},
    {"single dose 2 Gy, total dose 60 Gy", "- two doses that do not fit together"},
    // Boosts.
    {"45 Gy at 1.8 Gy/fx then 9 Gy boost at 1.8 Gy", kPelvis},
    {"45 Gy at 1.8 Gy then 9 Gy at 1.8 Gy", kPelvis},
    {"45 Gy in 25 with a 9 Gy boost in 5", kPelvis},
    {"45 Gy in 25 fractions to the pelvis with a 5.4 Gy boost in 3 fractions to the tumor",
     "Pelvis; 180 cGy x 25 fractions; total 4500 cGy; then to tumor; 180 cGy x 3 fractions; total 540 cGy"},
    {"36 Gy in 20 fractions then posterior fossa boost 19.8 Gy in 11 fractions",
     "180 cGy x 20 fractions; total 3600 cGy; then to posterior fossa; 180 cGy x 11 fractions; total 1980 cGy"},
    {"SIB 2.1/1.8 Gy x 33",
     "210 cGy x 33 fractions; total 6930 cGy; with simultaneous 180 cGy x 33 fractions; total 5940 cGy"},
    {"50 Gy in 25 with a 10 Gy boost in 25", "- a boost in turn, or in the same fractions"},
    {"50 Gy in 25, 60 Gy boost in 30", "- a boost to a dose that may count the phase before"},
    // Units, places and beams.
    {"70 GyRBE in 35 fractions", "200 cGy x 35 fractions; total 7000 cGy"},
    {"6000 rad in 30 fractions", kThirty},
    {"6000 rads/30", kThirty},
    {"60 CGyE/30", "- no dose with a unit"},  // cobalt gray, or centigray
    {"Dose: 3000 cGy Fractions: 10", "300 cGy x 10 fractions; total 3000 cGy"},
    {"PD 30 Gy / 10 fx", "300 cGy x 10 fractions; total 3000 cGy"},
    {"hypofractionated 40.05 Gy in 15", "267 cGy x 15 fractions; total 4005 cGy"},
    {"50.4Gy in 28 daily fractions", "180 cGy x 28 fractions; total 5040 cGy"},
    {"45 Gy in 25 fractions using 10 MV X-rays", "photon; 180 cGy x 25 fractions; total 4500 cGy"},
    {"54 Gy in 3 fractions SBRT to right lower lobe", "Right lower lobe; sbrt; 1800 cGy x 3 fractions; total 5400 cGy"},
    {"lumbar spine 30 Gy in 10", "Lumbar spine; 300 cGy x 10 fractions; total 3000 cGy"},
    {"HDR 7 Gy x 4 to point A", "hdr brachytherapy; at point a; 700 cGy x 4 fractions; total 2800 cGy"},
    {"LDR", "- no dose with a unit"},
    {"LDR 145 Gy", "- fractions missing"},
    {"45 Gy EBRT + 28 Gy HDR in 4 fx", "- fractions missing"},
    {"2/60 Gy", "- several doses, and which one is meant is not said"},
};

}  // namespace radonc::test
