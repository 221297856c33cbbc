using System.Globalization;
using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>Whether statuses are taken in bulk.</summary>
internal static class BulkChoice
{
    /// <summary>
    /// XFS tells in bulk the size that is on the disk, and what was written lately may not be there yet. Files that changed in this time are asked by name; it is
    /// longer than Linux lets written data wait (30 s). If it waits longer all the same, the file looks changed and is read, and nothing is missed.
    /// </summary>
    internal const int UnsettledSeconds = 60;

    /// <summary>Takes them if the mode says so and it can be.</summary>
    /// <param name="mode">What the user wants.</param>
    /// <param name="root">The volume, open.</param>
    /// <param name="threads">How many may read.</param>
    /// <param name="settled">Files that changed at this time or later are left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if each name is to be asked for.</returns>
    /// <exception cref="StorageEngineException">The mode demands what cannot be.</exception>
    internal static BulkStatuses? Take(WalkMode mode, DirectoryHandle root, int threads, PosixTime settled, CancellationToken cancellationToken)
    {
        if (mode == WalkMode.Statx)
        {
            return null;
        }

        FileStatus status = FileStatus.Get(root);
        string? why = WhyNot(mode, Statfs.Get(root), in status);
        if (why is null)
        {
            try
            {
                return BulkScan.Run(root, in status, threads, settled, BulkStatuses.MostFiles, cancellationToken);
            }
            catch (PosixException e) when (e.Errno is Errno.EPERM or Errno.ENOTTY or Errno.EINVAL or Errno.EOPNOTSUPP)
            {
                why = e.Errno == Errno.EPERM ? "only root may do that (CAP_SYS_ADMIN)" : e.Message;
            }
        }

        return mode == WalkMode.Auto ? null : throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.FixRequest,
            $"The statuses of this volume cannot be had in bulk, as '{TarRsyncEngineFactory.WalkSetting}' = 'bulkstat' demands: {why}. Say 'auto' or 'statx'.")
        { Engine = TarRsyncEngineFactory.SchemeName, Operation = "create snapshot" };
    }

    private static string? WhyNot(WalkMode mode, in Statfs fileSystem, in FileStatus root)
    {
        if (fileSystem.Name != "xfs")
        {
            return $"it is on {fileSystem.Name}, and only XFS can do that";
        }

        if (mode == WalkMode.Auto && fileSystem.UsedInodes > BulkStatuses.MostFiles)
        {
            return "there are too many files";
        }

        bool isWhole = false;
        string id = root.MountId.ToString(CultureInfo.InvariantCulture);
        foreach (string line in File.ReadLines("/proc/self/mountinfo", Encoding.Latin1)) // see proc(5): id, parent, device, root, mount point, ...
        {
            string[] fields = line.Split(' ', 6);
            isWhole |= fields[0] == id && fields[3] == "/" && root.IsMountRoot;
            // Listings tell of what is below a mount. Directories are asked by name, so that only a mount on a file matters.
            if (fields[1] == id && !IsDirectory(fields[4]))
            {
                return $"something is mounted on the file {fields[4]}";
            }
        }

        return isWhole || mode == WalkMode.Bulkstat ? null : "it is not the root of the file system";
    }

    // Blanks and the like are written as \040.
    private static bool IsDirectory(string mountPoint)
    {
        List<byte> path = [];
        for (int i = 0; i < mountPoint.Length; i++)
        {
            bool isEscape = mountPoint[i] == '\\' && i + 3 < mountPoint.Length;
            path.Add((byte)(isEscape ? Convert.ToInt32(mountPoint.Substring(i + 1, 3), 8) : mountPoint[i]));
            i += isEscape ? 3 : 0;
        }

        try
        {
            return FileStatus.GetPath(path.ToArray()).IsDirectory;
        }
        catch (PosixException)
        {
            return false; // Hidden by another mount: rather ask by name.
        }
    }
}
