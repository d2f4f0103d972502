"""The entries of the data sets that come inside scikit-learn and scikit-image."""

from aconv.companion.datasets.facts import (
    DIGIT_NAMES,
    LFW_CITATION,
    LFW_LICENCE,
    SIMPLE_AND_RESNET,
    SetInfo,
)

_SCIKIT_IMAGE_CITATION = (
    "S. van der Walt et al., scikit-image: image processing in Python, PeerJ 2:e453, "
    "2014"
)
_DIGITS_CITATION = (
    "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine "
    "Learning Repository, 1998"
)
_DIGITS_HOMEPAGE = (
    "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
)

SETS = (
    SetInfo(
        name="digits",
        title="Digits",
        kind="embedded",
        task="classification",
        train=1_347,
        test=450,
        image_shape=(28, 28, 1),
        class_names=DIGIT_NAMES,
        licence="CC BY 4.0 (UCI Machine Learning Repository)",
        citation=_DIGITS_CITATION,
        homepage=_DIGITS_HOMEPAGE,
        note=(
            "Real handwriting from scikit-learn: 8x8 counts, enlarged to 20x20 and "
            "centred on 28x28, the geometry of MNIST. Nothing embedded shows "
            "clothes, so digits stand for Fashion-MNIST too."
        ),
        sections=(*SIMPLE_AND_RESNET, "4.5"),
        loader="aconv.companion.datasets.embedded:load_digits",
        stands_for=("mnist", "fashion_mnist"),
    ),
    SetInfo(
        name="digits_cluttered",
        title="Cluttered digits",
        kind="embedded",
        task="classification",
        train=1_347,
        test=450,
        image_shape=(40, 40, 1),
        class_names=DIGIT_NAMES,
        licence="CC BY 4.0 (UCI Machine Learning Repository)",
        citation=_DIGITS_CITATION,
        homepage=_DIGITS_HOMEPAGE,
        note=(
            "Generated from digits as mnist_cluttered is from MNIST: three 8x8 "
            "distractors and one digit on 40x40, the paper's density of clutter."
        ),
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.embedded:load_digits_cluttered",
        seeded=True,
        made_from="digits",
        stands_for=("mnist_cluttered",),
    ),
    SetInfo(
        name="photo_patches",
        title="Photograph patches",
        kind="embedded",
        task="classification",
        train=1_800,
        test=600,
        image_shape=(32, 32, 3),
        class_names=(
            "astronaut",
            "cat",
            "china",
            "coffee",
            "flower",
            "galaxies",
            "motorcycle",
            "retina",
            "rocket",
            "tissue",
        ),
        licence=(
            "public domain or CC0; china and flower CC BY 2.0; motorcycle "
            "(Middlebury stereo benchmark) none stated"
        ),
        citation=(
            _SCIKIT_IMAGE_CITATION
            + "; china by danielbuechele and flower by vultilion (flickr.com), "
            "from scikit-learn; motorcycle: D. Scharstein et al., GCPR 2014"
        ),
        homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        note=(
            "Patches of ten colour photographs; the class is the photograph. "
            "Training and test patches share no pixel. Much easier than naming "
            "objects: a stand-in for the shape of CIFAR-10, not for its difficulty."
        ),
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.embedded:load_photo_patches",
        seeded=True,
        stands_for=("cifar10",),
    ),
    SetInfo(
        name="face_patches",
        title="Face patches",
        kind="embedded",
        task="classification",
        train=150,
        test=50,
        image_shape=(25, 25, 1),
        class_names=("face", "background"),
        licence=LFW_LICENCE,
        citation=LFW_CITATION + "; subset of scikit-image: " + _SCIKIT_IMAGE_CITATION,
        homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        note=(
            "100 faces and 100 background patches of LFW from scikit-image: is "
            "there a face? LFW faces asks whose face it is."
        ),
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.embedded:load_face_patches",
        seeded=True,
        split_anew=True,
        stands_for=("lfw_faces",),
    ),
    SetInfo(
        name="coins_trimap",
        title="Coins with tri-maps",
        kind="embedded",
        task="segmentation",
        train=192,
        test=64,
        image_shape=(64, 64, 1),
        class_names=("coin", "background", "border"),
        licence="no known copyright restrictions",
        citation=_SCIKIT_IMAGE_CITATION,
        homepage="https://scikit-image.org/docs/stable/api/skimage.data.html",
        note=(
            "Crops of one photograph of coins from Pompeii. The tri-maps are "
            "computed (watershed; border by morphology), not drawn by a person. "
            "Training and test crops share no pixel."
        ),
        sections=("4.4",),
        loader="aconv.companion.datasets.embedded:load_coins_trimap",
        seeded=True,
        stands_for=("oxford_pets",),
    ),
)
