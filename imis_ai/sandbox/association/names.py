"""The people's names, by origin: women's, men's and family names, and how common the origin is among the
members.
"""

from typing import NamedTuple


class Origin(NamedTuple):
    share: float
    women: list[str]
    men: list[str]
    family: list[str]


def _origin(share: float, women: str, men: str, family: str) -> Origin:
    return Origin(share, women.split(), men.split(), family.split(","))


ORIGINS = [
    _origin(
        0.26,
        "Dana Karen Susan Laura Amy Julie Megan Rebecca Heather Allison Kathryn Paula Joanne Wendy "
        "Erin Molly Claire Abigail Natalie Brooke Holly Tracy Denise Hannah Caroline",
        "Mark Scott Brian Kevin Gareth Todd Greg Keith Philip Nathan Kyle Derek Alan Craig Douglas "
        "Russell Evan Ian Wesley Colin Peter Stuart Neil Graham Trevor",
        "Whitfield,Pryce,Bennett,Harper,Caldwell,Marsh,Holloway,Thornton,Barrett,Doyle,Fletcher,"
        "Gallagher,Hughes,Lawson,McBride,Mercer,Norris,Palmer,Quinn,Reeves,Sutton,Tucker,Vaughn,"
        "Walsh,York,Abbott,Brennan,Chandler,Donovan,Ellison,Farrell,Gibbs,Hartley,Ingram,Jarvis,"
        "Keller,Langley,Maddox,Nolan,Osborne,Preston,Rowland",
    ),
    _origin(
        0.14,
        "Sofia Maria Elena Gabriela Carmen Lucia Isabel Adriana Marisol Veronica Paola Daniela Rosa "
        "Ximena Teresa",
        "Carlos Miguel Javier Luis Diego Andres Rafael Hector Joel Ernesto Sergio Fernando Mateo "
        "Raul Ignacio",
        "Barrientos,Delgado,Fuentes,Garza,Herrera,Ibarra,Lozano,Medina,Navarro,Ochoa,Padilla,"
        "Quintero,Rios,Salazar,Trevino,Urrutia,Valdez,Zamora,Castellanos,Montoya,Villarreal,Escobedo,"
        "Cisneros,Arredondo,Macias",
    ),
    _origin(
        0.10,
        "Tanisha Latoya Simone Monique Keisha Danielle Renee Jasmine Imani Yvonne Candace Ebony Nia "
        "Camille Aaliyah",
        "Marcus Darnell Terrence Andre Malik Jerome Reginald Isaiah Desmond Maurice Jamal Elijah "
        "Curtis Lamar Tyrone",
        "Washington,Jefferson,Booker,Banks,Coleman,Dawson,Gaines,Hampton,Jenkins,Broussard,Mosley,"
        "Singletary,Toussaint,Boudreaux,Fontenot,Ruffin,Battle,Hairston,Pettway,Sykes,Baptiste,"
        "Gadsden,Whitaker,Rollins",
    ),
    _origin(
        0.08,
        "Priya Sunita Anjali Deepa Kavita Meera Nandini Pooja Radhika Shreya Lakshmi Divya Asha Neha Ritu",
        "Ravi Arjun Sanjay Vikram Rahul Anil Suresh Rajesh Kiran Nikhil Amit Manoj Ashwin Harish Naveen",
        "Nair,Rao,Chandrasekar,Iyer,Patel,Sharma,Krishnan,Menon,Desai,Bhatt,Gupta,Kulkarni,Reddy,"
        "Venkatesan,Mukherjee,Banerjee,Choudhury,Subramanian,Joshi,Kapoor,Malhotra",
    ),
    _origin(
        0.08,
        "Mei Xiu Lin Jia Hui Yan Fang Qing Wenjing Yating Shu-fen Lihua Jing Xiaoyan Grace",
        "Wei Jun Hao Ming Jian Chen Tao Bo Feng Kai Zhiwei Guang Yong Cheng Daniel",
        "Chen,Wang,Zhang,Liu,Huang,Zhao,Wu,Zhou,Xu,Sun,Ma,Zhu,Guo,He,Gao,Lin,Luo,Liang,Tang,Feng,Cheng,Tsai",
    ),
    _origin(
        0.05,
        "Hae-won Ji-young Min-ji Soo-jin Eun-hye Yuki Haruka Naomi Akiko Sakura Thuy Linh Ngoc Huong Mai",
        "Sung-min Joon Dong-hyun Tae-yang Kenji Hiroshi Takeshi Daisuke Ryo Minh Tuan Khoa Duc Long Bao",
        "Lim,Kim,Park,Choi,Jung,Kang,Yoon,Tanabe,Sato,Nakamura,Yamamoto,Fujita,Okada,Nguyen,Tran,"
        "Pham,Le,Vo,Dang,Bui",
    ),
    _origin(
        0.06,
        "Ifeoma Chiamaka Ngozi Amara Folake Adaeze Abena Akosua Wanjiru Amina Zainab Efua Nneka "
        "Yewande Makena",
        "Chinedu Emeka Tunde Oluwaseun Kwame Kofi Obinna Babatunde Segun Kelechi Jabari Kamau Yaw "
        "Ikenna Femi",
        "Nwosu,Oyelaran,Okafor,Adeyemi,Mensah,Owusu,Eze,Balogun,Achebe,Boateng,Asante,Kariuki,Mwangi,"
        "Abubakar,Olawale,Nnamdi,Ogunleye,Diallo,Ndiaye,Tesfaye",
    ),
    _origin(
        0.07,
        "Anneke Laure Ingrid Astrid Elise Katrin Heidi Camille Freya Linnea Margot Hanne Greta "
        "Sigrid Solveig",
        "Lars Henrik Johan Stefan Matthias Jens Pieter Anders Erik Klaus Marcel Olivier Bastien Thijs Nils",
        "Kuiper,Dubreuil,Lindqvist,Brandt,Vandermeer,Hoffmann,Bergstrom,Nilsen,Schreiber,Lefebvre,"
        "Moreau,Janssen,Kowalczyk,Vogel,Sorensen,Haugen,Dekker,Keller-Braun,Fournier,Eklund,Aalto",
    ),
    _origin(
        0.06,
        "Agnieszka Katarzyna Magda Irina Olga Tatiana Svetlana Petra Jana Milena Danuta Zofia Ewa "
        "Nadia Vesna",
        "Tomasz Piotr Marek Dmitri Sergei Pavel Ivan Goran Zoltan Andrei Bogdan Miroslav Jakub Viktor Lubos",
        "Wieczorek,Nowak,Zielinski,Wozniak,Kaminski,Petrov,Ivanova,Volkov,Horvath,Novotny,Dvorak,"
        "Popescu,Kovacs,Jovanovic,Markovic,Szabo,Balint,Sedlak,Pawlak",
    ),
    _origin(
        0.05,
        "Beatriz Fernanda Mariana Leticia Renata Chiara Francesca Giulia Silvia Paola Joana Catarina "
        "Ines Bruna Marta",
        "Rodrigo Thiago Leandro Paulo Gustavo Marco Luca Giovanni Matteo Alessandro Nuno Tiago Vasco "
        "Bruno Davide",
        "Carneiro,Silva,Marchetti,Almeida,Barbosa,Cardoso,Ferreira,Moretti,Ricci,Conti,Bianchi,"
        "Esposito,Tavares,Nogueira,Pacheco,Teixeira,Rinaldi,Galli,Lombardi",
    ),
    _origin(
        0.05,
        "Layla Yasmin Fatima Leila Nour Samira Rania Hala Shirin Mina Ayesha Sana Dalia Maryam Parisa",
        "Omar Tariq Hassan Karim Samir Khalid Amir Reza Navid Bilal Imran Faisal Yusuf Bahram Ziad",
        "Haddad,Khoury,Rahman,Siddiqui,Farouk,Mansour,Nasser,Tehrani,Ansari,Hosseini,Qureshi,Malik,"
        "Saleh,Darwish,Hakimi,Barakat,Aziz,Shirazi",
    ),
]

# Family names that occur nowhere else: finding one in a log or an artefact is finding a leak.
CANARY_NAMES = [
    head + tail
    for tail in ("by", "thorp", "stad", "wick", "holm")
    for head in (
        "Quenner",
        "Wexel",
        "Thryme",
        "Oskarv",
        "Brindlo",
        "Yarroq",
        "Zephal",
        "Cuthwin",
        "Umbraq",
        "Halvox",
    )
]
