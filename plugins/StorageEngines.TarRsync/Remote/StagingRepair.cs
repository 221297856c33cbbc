using StorageEngines.Posix;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Remote;

/// <summary>
/// Prepares a staging copy for the next run of rsync, which by itself would miss two things. A file that was written again within the clock's tick in which
/// it was pulled has the time and size that the copy has: its copy gets another time, so that rsync compares the content. Names that were one file and are
/// two by now stay linked here, and what rsync writes into one would show in the other: the further names of linked files are removed, and rsync makes
/// those links again that are still there.
/// </summary>
internal sealed class StagingRepair(Staging staging)
{
    /// <summary>How old a time has to be for the other machine's clock to have moved on, in seconds; its clock may differ from ours.</summary>
    private const int MarginSeconds = 10;

    /// <summary>Does both after the last pull, whatever became of it.</summary>
    /// <exception cref="StorageEngineException">Something cannot be changed.</exception>
    internal void Run()
    {
        try
        {
            using BeneathRoot content = BeneathRoot.Open(staging.Content.Span);
            if (staging.State is { Complete: false } cut)
            {
                // The lists may lack what rsync did last, and after a start of the machine what it wrote may be lost although the times are there.
                WalkAll(content, cut);
            }
            else if (staging.State is { } last)
            {
                foreach (byte[] name in NameList.Read(staging.MovedList))
                {
                    Unsettle(content, name, status => status.ModificationTime, last.Started);
                }

                PartLinks(content);
            }
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "prepare the staging copy", staging.Content);
        }
    }

    /// <summary>Removes the further names of linked files.</summary>
    /// <exception cref="StorageEngineException">One cannot be removed.</exception>
    internal void PartLinks()
    {
        try
        {
            using BeneathRoot content = BeneathRoot.Open(staging.Content.Span);
            PartLinks(content);
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "prepare the staging copy", staging.Content);
        }
    }

    private void PartLinks(BeneathRoot content)
    {
        foreach (byte[] name in NameList.Read(staging.LinksList))
        {
            RemoveLink(content, name);
        }

        File.Delete(staging.LinksList);
    }

    private void WalkAll(BeneathRoot content, StagingState cut)
    {
        bool sameBoot = cut.Boot == StagingState.ThisBoot;
        using (var walker = new TreeWalker(content.OpenDirectory(default), new WalkOptions { Threads = 0 }))
        {
            while (walker.MoveNext())
            {
                if (!walker.Status.IsDirectory && walker.Status.LinkCount > 1)
                {
                    RemoveLink(content, walker.Path);
                }

                if (walker.Status.IsRegular)
                {
                    Unsettle(content, walker.Path, status => sameBoot ? status.ModificationTime : status.ChangeTime, cut.Started);
                }
            }
        }

        File.Delete(staging.LinksList);
    }

    private static void Unsettle(BeneathRoot content, ReadOnlySpan<byte> name, Func<FileStatus, PosixTime> time, PosixTime started)
    {
        if (content.TryGetStatus(name, out FileStatus status) && status.IsRegular && time(status).Seconds >= started.Seconds - MarginSeconds)
        {
            content.SetTimes(name, null, status.ModificationTime with { Seconds = status.ModificationTime.Seconds - 1 });
        }
    }

    // Of the names of one file the last one stays, because it has one link by then.
    private static void RemoveLink(BeneathRoot content, ReadOnlySpan<byte> name)
    {
        if (!content.TryGetStatus(name, out FileStatus status) || status.IsDirectory || status.LinkCount < 2)
        {
            return;
        }

        try
        {
            content.Unlink(name);
        }
        catch (PosixException e) when (e.Errno == Errno.EACCES)
        {
            // An ordinary user's own directory without the right to write; rsync gives it its mode back.
            int slash = name.LastIndexOf((byte)'/');
            content.SetMode(slash < 0 ? default : name[..slash], 0x1C0);
            content.Unlink(name);
        }
    }
}
