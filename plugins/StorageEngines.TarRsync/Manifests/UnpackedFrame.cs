namespace StorageEngines.TarRsync.Manifests;

/// <summary>An entry frame, unpacked.</summary>
/// <param name="Bytes">The records; behind them the contents, if these are apart.</param>
/// <param name="RecordsLength">Bytes of the records.</param>
/// <param name="Items">Entries.</param>
/// <param name="Offset">Where the frame is in its manifest, for messages.</param>
/// <param name="IsSplit">The contents are apart: <see cref="FrameKind.SplitEntries"/>.</param>
/// <param name="Length">Bytes of records and contents.</param>
/// <param name="HasContents">The contents are there; else only their lengths are known.</param>
internal readonly record struct UnpackedFrame(byte[] Bytes, int RecordsLength, int Items, long Offset, bool IsSplit, int Length, bool HasContents = true);
