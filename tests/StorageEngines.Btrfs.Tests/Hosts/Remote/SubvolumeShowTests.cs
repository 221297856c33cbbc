using System.Text;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Tests.Hosts.Remote;

public class SubvolumeShowTests
{
    // btrfs-progs v6.2, TZ=UTC0: btrfs subvolume show s1
    private const string Recorded =
        "s1\n\tName: \t\t\ts1\n\tUUID: \t\t\td4d6815d-dc80-7a48-b15f-d080ab5fe705\n\tParent UUID: \t\t2868b13b-0641-294e-a41c-9bbe97df65c8\n\tReceived UUID: \t\t-\n" +
        "\tCreation time: \t\t2026-11-21 13:52:45 +0000\n\tSubvolume ID: \t\t259\n\tGeneration: \t\t8\n\tGen at creation: \t7\n\tParent ID: \t\t5\n\tTop level ID: \t\t5\n" +
        "\tFlags: \t\t\treadonly\n\tSend transid: \t\t0\n\tSend time: \t\t2026-11-21 13:52:45 +0000\n\tReceive transid: \t0\n\tReceive time: \t\t-\n\tSnapshot(s):\n\t\t\t\ts1c\n";

    [Fact]
    public void A_recorded_answer_is_understood()
    {
        SubvolumeDetails details = Parse(Recorded);
        Assert.Equal(new Guid("d4d6815d-dc80-7a48-b15f-d080ab5fe705"), details.Uuid);
        Assert.Equal(new Guid("2868b13b-0641-294e-a41c-9bbe97df65c8"), details.ParentUuid);
        Assert.Equal(Guid.Empty, details.ReceivedUuid);
        Assert.Equal((259ul, 5ul, 7ul, true), (details.Id, details.ParentId, details.OriginTransaction, details.IsReadOnly));
        Assert.Equal("s1"u8.ToArray(), details.Name);
        Assert.Equal(DateTimeOffset.Parse("2026-11-21T13:52:45Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds(), details.CreatedAt.Seconds);
        Assert.False(details.IsPristine); // its generation is above that of its origin: in doubt
    }

    [Fact]
    public void A_snapshot_that_nothing_touched_is_pristine()
        => Assert.True(Parse(Recorded.Replace("Generation: \t\t8", "Generation: \t\t7", StringComparison.Ordinal)).IsPristine);

    [Fact]
    public void A_name_may_hold_line_breaks_and_bytes_that_are_no_text()
    {
        byte[] name = [(byte)'n', (byte)'\n', 0xFF, (byte)'l'];
        string odd = Encoding.Latin1.GetString(name);
        Assert.Equal(name, Parse(Recorded.Replace("\ts1\n", $"\t{odd}\n", StringComparison.Ordinal).Replace("s1\n\tName", odd + "\n\tName", StringComparison.Ordinal)).Name);
    }

    [Theory]
    [InlineData("s1\n\tName: \t\t\ts1\n", "x\n\tUUID: \t\t\t11111111-1111-1111-1111-111111111111\n\tName: \t\t\tx\n")]
    [InlineData("\t\t\t\ts1c\n", "\t\t\t\tx\n\tUUID: \t\t\t11111111-1111-1111-1111-111111111111\n")]
    public void A_name_that_passes_for_a_uuid_is_refused(string part, string instead)
        => Assert.Throws<CorruptDataException>(() => Parse(Recorded.Replace(part, instead, StringComparison.Ordinal)));

    [Theory]
    [InlineData("")]
    [InlineData("s1\n")]
    [InlineData("ERROR: Not a Btrfs subvolume: Invalid argument\n")]
    public void What_is_no_answer_is_refused(string output) => Assert.Throws<CorruptDataException>(() => Parse(output));

    [Fact]
    public void Every_truncation_is_refused_or_complete()
    {
        int flags = Recorded.IndexOf("\tSend transid", StringComparison.Ordinal);
        for (int length = 0; length < flags; length++)
        {
            Assert.Throws<CorruptDataException>(() => Parse(Recorded[..length]));
        }

        Assert.Equal(259ul, Parse(Recorded[..flags]).Id);
    }

    [Fact]
    public void Damage_never_ends_in_another_error()
    {
        var random = new Random(20261121);
        for (int i = 0; i < 5000; i++)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(Recorded);
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = SubvolumeShow.Parse(bytes);
            }
            catch (CorruptDataException)
            {
                // That is the one that is allowed.
            }
        }
    }

    private static SubvolumeDetails Parse(string output) => SubvolumeShow.Parse(Encoding.Latin1.GetBytes(output));
}
