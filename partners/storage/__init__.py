"""Where sealed bytes lie: a folder of this machine, or a bucket that speaks S3 (MinIO, Ceph, OBS, OSS, COS).

Both are the `Shelf` that `domain.files` asks for. Names are random, contents are sealed before they come here, and
nothing is ever given out from here to anybody but this house.
"""

from partners.storage.shelves import Bucket, BucketUnfitError, Folder, open_shelf

__all__ = ["Bucket", "BucketUnfitError", "Folder", "open_shelf"]
