using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// Reads a random sample of what the quick check judged unchanged, and compares it with what the previous snapshot has, by SHA-256. The sample is drawn by a
/// seed and the inode, so that each file has the same chance, whatever its name. Safe for use by several threads.
/// </summary>
internal sealed class Recheck
{
    private readonly IVolumeReadMeter _meter;
    private readonly CaptureWarnings _warnings;
    private readonly ulong _seed;
    private readonly double _share;
    private long _files;
    private long _changed;

    /// <summary>Draws a sample.</summary>
    /// <param name="percent">How many of a hundred files; above 0, at most 100.</param>
    /// <param name="meter">Counts what is read.</param>
    /// <param name="warnings">Told of each file that had changed.</param>
    /// <param name="seed">Draws the sample; null for a random one.</param>
    internal Recheck(double percent, IVolumeReadMeter meter, CaptureWarnings warnings, uint? seed = null)
    {
        (_share, _meter, _warnings) = (percent / 100, meter, warnings);
        _seed = seed ?? (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
    }

    /// <summary>What came of it.</summary>
    internal RecheckResult Result => new(Interlocked.Read(ref _files), Interlocked.Read(ref _changed), (long)_seed);

    /// <summary>Whether a file is in the sample.</summary>
    internal bool Wants(in FileStatus status) => status is { IsRegular: true, Size: > 0 } && IsDrawn(status.Inode);

    /// <summary>Whether one of the entries is in the sample.</summary>
    internal bool WantsAny(FrameBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (Wants(in batch[i].Status))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads a file of a tree, and takes it over as it was; or as any changed file if it is not as it was.</summary>
    internal void Run(CaptureJob job, in ManifestEntry before, FileCapture files, CancellationToken cancellationToken)
    {
        bool same = false;
        try
        {
            using SafeFileHandle file = FileHandle.OpenRegular(job.Directory!.Handle!, job.Name, out _);
            same = IsAsBefore(file, in before, job.Path, blocks: false, cancellationToken);
        }
        catch (PosixException)
        {
            same = false; // What it means is decided where changed files are read, which meets it again.
        }
        finally
        {
            if (same)
            {
                job.Entry = before;
                job.Directory!.RemoveUser();
            }
        }

        if (!same)
        {
            files.Run(job, cancellationToken);
        }
    }

    /// <summary>Compares a sample of an image's blocks.</summary>
    /// <returns>False if it has to be read as a changed one.</returns>
    /// <exception cref="PosixException">It cannot be read.</exception>
    internal bool Passes(SafeFileHandle image, in ManifestEntry before, BytePath path, CancellationToken cancellationToken)
        => IsAsBefore(image, in before, path.Span, blocks: true, cancellationToken);

    private bool IsAsBefore(SafeFileHandle file, in ManifestEntry before, ReadOnlySpan<byte> path, bool blocks, CancellationToken cancellationToken)
    {
        // What has changed since the walk saw it is an ordinary change, and no surprise.
        if (!MetadataReader.IsUnchanged(in before, FileStatus.Get(file)))
        {
            return false;
        }

        _meter.FileOpened(path);
        bool same = IsSame(file, in before, blocks, cancellationToken);
        if (!MetadataReader.IsUnchanged(in before, FileStatus.Get(file)))
        {
            return false;
        }

        Interlocked.Increment(ref _files);
        if (!same)
        {
            Interlocked.Increment(ref _changed);
            string name = blocks ? "the image" : $"'{new BytePath(path.ToArray())}'";
            _warnings.Add($"{name} has changed since the snapshot before, though its times, size and inode have not: it was read again, but snapshots before this one may lack the change");
        }

        return same;
    }

    private bool IsSame(SafeFileHandle file, in ManifestEntry before, bool sampleBlocks, CancellationToken cancellationToken)
    {
        if (before.Content.Kind == FileContent.Clone)
        {
            return CloneRestore.IsSame(file, in before, count => _meter.BytesRead(count), cancellationToken);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(StoreFormat.MaxBlock);
        try
        {
            BlockCursor cursor = before.Content.Open(before.Size);
            while (cursor.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (sampleBlocks && !IsDrawn(unchecked(before.Inode + ((ulong)cursor.Offset * 0x9E3779B97F4A7C15))))
                {
                    continue;
                }

                Span<byte> block = buffer.AsSpan(0, cursor.Block.Length);
                int count = FileHandle.ReadAt(file, block, cursor.Offset);
                _meter.BytesRead(count);
                block[count..].Clear();
                if (cursor.Block.IsHole ? block.ContainsAnyExcept((byte)0) : BlockId.Of(block) != cursor.Block.Id)
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // The finish of SplitMix64: every bit of the number counts.
    private bool IsDrawn(ulong number)
    {
        unchecked
        {
            ulong mixed = (number + (_seed * 0x9E3779B97F4A7C15)) ^ 0xD1B54A32D192ED03;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53)) < _share;
        }
    }
}
