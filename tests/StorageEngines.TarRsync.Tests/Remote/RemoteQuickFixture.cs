using StorageEngines.Specification;

namespace StorageEngines.TarRsync.Tests.Remote;

/// <summary>As <see cref="RemoteFixture"/>, compared by size and time, which is the default.</summary>
public sealed class RemoteQuickFixture : RemoteFixture
{
    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        .. base.Waivers,
        new LawWaiver(
            "Law23_File_diff_sees_a_change_that_keeps_size_and_time",
            "rsync does not tell the other machine's ctime, so a time that was set back hides a change; the setting rsync-checksum compares content, and holds this law."),
    ];

    protected override bool Checksum => false;
}
