using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>Takes an image file by cloning it, where that is wanted and can be.</summary>
internal static class CloneCapture
{
    /// <summary>Takes it. It is cloned each time, whatever its times say, since that costs next to nothing.</summary>
    /// <param name="mode">What is wanted.</param>
    /// <param name="writer">The snapshot.</param>
    /// <param name="image">The open image.</param>
    /// <param name="location">Its path, for messages.</param>
    /// <param name="entry">Its entry.</param>
    /// <returns>False if its data is to be read.</returns>
    /// <exception cref="StorageEngineException">It has to be a clone and cannot be (FailedPrecondition, NotSupported), or the store cannot be written.</exception>
    /// <exception cref="PosixException">It cannot be cloned for another reason.</exception>
    internal static bool TryTake(ReflinkMode mode, SnapshotWriter writer, SafeFileHandle image, BytePath location, out ManifestEntry entry)
    {
        entry = default;
        if (mode == ReflinkMode.Never)
            return false;
        FileStatus status = FileStatus.Get(image);
        if (status.IsRegular && writer.TryAddClone(image, out CloneRef clone, out long size))
        {
            entry = MetadataReader.Entry(status);
            entry.Size = size;
            entry.Content = size == 0 ? default : clone.ToContent();
            // No later snapshot shall take it over by its times.
            entry.ChangedAt = default;
            return true;
        }
        if (mode == ReflinkMode.Auto)
            return false;
        throw Refusal(location, writer.StoreDirectory, isDevice: !status.IsRegular);
    }

    /// <summary>The error that something has to be a clone and cannot be.</summary>
    internal static StorageEngineException Refusal(BytePath location, string storeDirectory, bool isDevice)
    {
        string why = isDevice
            ? "it is a device"
            : $"it and the store '{storeDirectory}' are not on one file system that shares blocks (XFS with reflink=1, Btrfs, bcachefs, ...)";
        return new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.FixRequest,
            $"'{location}' cannot be cloned: {why}. Put the store beside it, or set '{TarRsyncEngineFactory.ReflinkSetting}' to 'auto'.")
        { Engine = TarRsyncEngineFactory.SchemeName, Operation = "create snapshot" };
    }
}
