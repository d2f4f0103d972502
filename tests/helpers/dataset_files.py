"""Small files in the formats of the real ones, and a server that serves them badly.

Every function makes content from nothing but its arguments, so that the tests know what
the loaders must find.
"""

import contextlib
import gzip
import hashlib
import http.server
import io
import struct
import tarfile
import threading
import zlib

import attrs
import numpy as np
from PIL import Image

from aconv.companion.datasets import registry


def random_images(count, height, width, channels, seed=0):
    values = np.random.default_rng(seed).integers(
        256, size=(count, height, width, channels)
    )
    return values.astype(np.uint8)


def idx(array):
    header = struct.pack(">HBB", 0, 8, array.ndim)
    header += struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def _short(text):
    return b"U" + bytes([len(text)]) + text


def cifar_pickle(images, labels):
    """A protocol-2 pickle with the opcodes that Python 2 wrote for CIFAR-10."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return b"".join(
        [
            b"\x80\x02}(",
            _short(b"labels"),
            b"](",
            *(b"K" + bytes([label]) for label in labels),
            b"e",
            _short(b"data"),
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n",
            b"K\x00\x85" + _short(b"b") + b"\x87R",
            b"(K\x01",
            b"J" + struct.pack("<i", planes.shape[0]),
            b"J" + struct.pack("<i", planes.shape[1]),
            b"\x86cnumpy\ndtype\n" + _short(b"u1") + b"K\x00K\x01\x87R",
            b"(K\x03" + _short(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
            b"\x89T" + struct.pack("<I", planes.nbytes) + planes.tobytes(),
            b"tbu.",
        ]
    )


def tar_gz(members):
    """An archive of ``{name: content}``."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def picture(array, form):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, form)
    return stream.getvalue()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def lfw_archive():
    members = {"lfw_funneled/pairs_01.txt": b"not a picture"}
    for person, count in ("Zoe_Last", 20), ("Ann_First", 22), ("Bob_Rare", 3):
        for number in range(1, count + 1):
            name = f"lfw_funneled/{person}/{person}_{number:04d}.jpg"
            rough = random_images(1, 25, 25, 3, seed_of(name))[0]
            smooth = Image.fromarray(rough).resize((250, 250), Image.Resampling.BICUBIC)
            members[name] = picture(np.asarray(smooth), "JPEG")
    return tar_gz(members)


def seed_of(name):
    return zlib.crc32(name.encode())


PETS = {
    "trainval": ["Bengal_2", "beagle_1", "Abyssinian_100", "pug_9"],
    "test": ["american_bulldog_3", "pug_10"],
}


def pet(name):
    """An image and its tri-map."""
    return (
        random_images(1, 40, 30, 3, seed_of(name))[0],
        random_images(1, 40, 30, 1, seed_of(name))[0, ..., 0] % 3 + 1,
    )


def pets_archives():
    images = {"images/Abyssinian_100.mat": b"not a picture"}
    annotations = {"annotations/README": b"text", "annotations/list.txt": b"#\n"}
    for split, names in PETS.items():
        lines = [f"{name} 1 1 1\n" for name in names]
        annotations[f"annotations/{split}.txt"] = "".join(lines).encode()
        for name in names:
            pixels, trimap = pet(name)
            images[f"images/{name}.jpg"] = picture(pixels, "JPEG")
            annotations[f"annotations/trimaps/._{name}.png"] = b"left by a Mac"
            annotations[f"annotations/trimaps/{name}.png"] = picture(trimap, "PNG")
    return tar_gz(images), tar_gz(annotations)


def small_contents(name):
    """Contents of the small files of a set that can be downloaded, by path."""
    facts = registry.SETS[name]
    paths = [file.path for file in facts.sources[0]]
    if name in ("mnist", "fashion_mnist"):
        labels = np.arange(17, dtype=np.uint8) % 10
        images = random_images(17, 28, 28, 1, seed_of(name))[..., 0]
        arrays = (images[:12], labels[:12], images[12:], labels[12:])
        return dict(zip(paths, map(idx, arrays), strict=True))
    if name == "cifar10":
        batches, (archive,) = facts.sources
        pickles = {
            file.path: cifar_pickle(
                random_images(4, 32, 32, 3, seed), np.arange(4) + seed % 6
            )
            for seed, file in enumerate(batches)
        }
        # Not the canonical order: the loader must not depend on it.
        members = {"cifar-10-batches-py/readme.html": b"text"}
        for path in reversed(pickles):
            members[path.partition("/")[2]] = pickles[path]
        return pickles | {archive.path: tar_gz(members)}
    if name == "lfw_faces":
        (archive,), (by_hand,) = facts.sources
        images = random_images(42, 50, 37, 1)[..., 0]
        target = np.arange(42, dtype=np.uint8) % 2
        names = np.array(["Ann First", "Zoe Last"])
        return {
            archive.path: lfw_archive(),
            by_hand.path: npz(images=images, target=target, target_names=names),
        }
    if name == "oxford_pets":
        return dict(zip(paths, pets_archives(), strict=True))
    raise ValueError(name)


SMALL_COUNTS = {
    "mnist": (12, 5),
    "fashion_mnist": (12, 5),
    "cifar10": (20, 4),
    "lfw_faces": (31, 11),
    "oxford_pets": (4, 2),
}


def assert_counts(dataset, train, test):
    """A set has so many images of the shape that the registry says, and labels."""
    facts = registry.SETS[dataset.name]
    per_image = facts.image_shape[:2] if facts.task == "segmentation" else ()
    for count, x, y in (
        (train, dataset.x_train, dataset.y_train),
        (test, dataset.x_test, dataset.y_test),
    ):
        assert x.shape == (count, *facts.image_shape)
        assert y.shape == (count, *per_image)
        assert x.dtype == y.dtype == np.uint8


def small_facts(name, contents, urls_of):
    """The registry's facts of a set, with the small files' sizes and checksums."""
    facts = registry.SETS[name]

    def small(file):
        content = contents[file.path]
        algorithm = file.checksum.partition(":")[0]
        return attrs.evolve(
            file,
            size=len(content),
            checksum=f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}",
            urls=urls_of(file.path) if file.urls else (),
        )

    train, test = SMALL_COUNTS[name]
    sources = tuple(tuple(small(file) for file in group) for group in facts.sources)
    return attrs.evolve(facts, train=train, test=test, sources=sources)


@contextlib.contextmanager
def serving(contents):
    """Serve files on localhost under ``/MODE/PATH``; yield address and requests.

    Modes: ``right``; ``corrupt`` (its last byte is changed); ``missing`` (404).
    """
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            mode, path = self.path[1:].split("/", 1)
            requests.append((mode, path))
            if mode == "missing":
                self.send_error(404)
                return
            *start, last = contents[path]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes([*start, last ^ (mode == "corrupt")]))

        def log_message(self, *arguments):
            del arguments

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # Asks often whether to end, so that it ends at once.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()
        thread.join()
