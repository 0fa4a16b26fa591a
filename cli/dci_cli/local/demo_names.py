"""Names, places and phone prefixes of the demo registry's communities, each in its own script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Community:
    """A community of households. `given_names` are by sex."""

    region: str
    surnames: tuple[str, ...]
    given_names: dict[str, tuple[str, ...]]
    places: tuple[str, ...]
    phone_prefix: str


COMMUNITIES = (
    Community(
        "coastal_region",
        ("Dela Cruz", "Santos", "Reyes", "Bautista", "Ocampo", "Peñaflor", "Villanueva", "Aquino"),
        {
            "male": ("José", "Ramon", "Andres", "Miguel", "Crisanto", "Rafael", "Dominador", "Emilio"),
            "female": ("María", "Luz", "Corazón", "Imelda", "Rosario", "Ligaya", "Amihan", "Dalisay"),
        },
        ("San Isidro", "Port Alma", "Bagong Silang"),
        "+999170",
    ),
    Community(
        "central_region",
        ("Otieno", "Wanjiru", "Mwangi", "Achieng", "Kiprono", "Njoroge", "Okello", "Mutua"),
        {
            "male": ("Juma", "Kamau", "Baraka", "Odhiambo", "Kipchoge", "Tumaini", "Mosi", "Simba"),
            "female": ("Amina", "Zawadi", "Nyambura", "Akinyi", "Neema", "Chebet", "Makena", "Subira"),
        },
        ("Kilimani", "Mto Wa Mbu", "Nyeri"),
        "+999254",
    ),
    Community(
        "northern_region",
        ("الحسن", "السعدي", "النجار", "الحداد", "الخطيب", "العلي", "المصري"),
        {
            "male": ("أحمد", "محمود", "يوسف", "خالد", "عمر", "سامي", "طارق"),
            "female": ("فاطمة", "مريم", "ليلى", "نور", "سلمى", "هدى", "زينب"),
        },
        ("الواحة", "باب النهر", "المدينة"),
        "+999962",
    ),
    Community(
        "mountain_region",
        ("श्रेष्ठ", "गुरुङ", "तामाङ", "अधिकारी", "महर्जन", "थापा", "राई"),
        {
            "male": ("राम", "सुरेश", "बिष्णु", "कृष्ण", "दीपक", "प्रकाश", "गोपाल"),
            "female": ("सीता", "माया", "गीता", "सरस्वती", "अनिता", "लक्ष्मी", "पार्वती"),
        },
        ("बन्दीपुर", "घान्द्रुक", "जोमसोम"),
        "+999977",
    ),
    Community(
        "highland_region",
        ("ተስፋዬ", "ገብረ", "አበበ", "ከበደ", "ወልደ", "ታደሰ"),
        {
            "male": ("ዳዊት", "ዮሐንስ", "ሰለሞን", "በቀለ", "ሙሉጌታ", "ጌታቸው"),
            "female": ("አልማዝ", "ሰላም", "ትዕግስት", "ሄለን", "ብርሃኔ", "መስከረም"),
        },
        ("ላሊበላ", "ደሴ", "ጎንደር"),
        "+999251",
    ),
    Community(
        "river_region",
        ("Nguyễn", "Trần", "Phạm", "Huỳnh", "Đặng", "Bùi", "Võ"),
        {
            "male": ("Minh", "Tuấn", "Hùng", "Đức", "Quang", "Bảo", "Long"),
            "female": ("Lan", "Hương", "Thảo", "Mai", "Ngọc", "Linh", "Hạnh"),
        },
        ("Cồn Phụng", "Bến Tre", "Chợ Lách"),
        "+999084",
    ),
)
