using System.Globalization;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>Trees with everything that a stream can hold, made and changed by the system's own programs.</summary>
internal static class StreamScripts
{
    /// <summary>Whether the programs are there.</summary>
    internal static bool CanRun => new[] { "setfattr", "setfacl", "setcap", "rsync" }.All(program => BtrfsLoop.Run("bash", "-c", $"command -v {program}").Exit == 0);

    /// <summary>Makes the first state of a tree.</summary>
    internal static void Make(string directory) => Bash(directory, """
        mkdir -p many/deep/er "blank name" && for i in $(seq 60); do echo "file $i" > many/f$i; done
        head -c 1500000 /dev/urandom > image; head -c 300001 /dev/urandom > odd; yes text | head -c 700000 > words
        truncate -s 5M sparse; printf here | dd of=sparse bs=1 seek=3000000 conv=notrunc status=none
        fallocate -l 2M prealloc; printf begin | dd of=prealloc conv=notrunc status=none
        ln image many/second-name; ln -s ../odd many/link; ln -s /nowhere/at/all dangling
        mkfifo pipe; mknod device c 1 3; mknod disk b 259 70000; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")' || true
        setfattr -n user.note -v "some text" image; setfattr -n user.binary -v 0x00ff10 many; setfattr -n trusted.t -v 1 odd
        setfacl -m u:1234:rwx,g:77:r words; setfacl -d -m u:1:r many; cp /bin/true tool; setcap cap_net_raw+ep tool
        chmod 4755 odd; chown 1000:1001 many/f1 dangling -h; chmod 1777 "blank name"; chmod 000 many/f2
        printf x > $'bytes-\xff\xfe'; mkdir $'dir-\x80'; printf y > $'dir-\x80/new\nline'; touch -d '1999-12-31 23:59:59.123456789' many/f3
        cp --reflink=always image shared
        """);

    /// <summary>Changes it, in another way each time.</summary>
    internal static void Change(string directory, int round)
    {
        Bash(directory, """
            head -c 70000 /dev/urandom | dd of=image bs=4096 seek=$((round * 7)) conv=notrunc status=none
            cp --reflink=always image copy-$round; mv many/f1$round many/moved-$round; rm -f many/f2$round; echo more >> many/f3$round
            mkdir -p new-$round/in/side; mv many/deep new-$round/ 2>/dev/null || mv new-$((round - 1))/deep new-$round/; echo $round > new-$round/in/side/file
            fallocate -p -o $((round * 65536)) -l 131072 image; truncate -s $((300001 - round * 1000)) odd; truncate -s $((5242880 + round * 100000)) sparse
            printf $round | dd of=sparse bs=1 seek=$((round * 500000)) conv=notrunc status=none; printf $round | dd of=prealloc bs=4096 seek=$((round * 20)) conv=notrunc status=none
            setfattr -n user.note -v "round $round" image; setfattr -x user.binary many 2>/dev/null || true; setfacl -m u:$((round + 50)):r words; chown $round:$round words
            rm pipe; mkfifo -m 600 pipe; ln -sfn target-$round dangling; ln -f words many/words-$round; mv $'bytes-\xff\xfe' tmp; mv tmp $'bytes-\xff\xfe'; printf $round >> $'bytes-\xff\xfe'
            yes "round $round" | head -c 400000 > words-$round; setcap cap_chown+ep tool; rm -rf many/er
            xfs_io -c "reflink image 0 1048576 65536" odd >/dev/null 2>&1; true
            """, round);
    }

    /// <summary>Asserts that two trees are equal: content, names, links, modes, owners, times, attributes (those of Btrfs itself not), ACLs, devices.</summary>
    internal static void AssertSame(string expected, string found)
    {
        (int exit, string text) = BtrfsLoop.Run("rsync", "-aHAXn", "--checksum", "--delete", "--devices", "--specials", "--filter=-x btrfs.*", "-i", expected + "/", found + "/");
        Assert.Equal((0, ""), (exit, text));
    }

    private static void Bash(string directory, string script, int round = 0)
    {
        (int exit, string text) = BtrfsLoop.Run(
            "bash", "-e", "-c", string.Create(CultureInfo.InvariantCulture, $"cd '{directory}'; round={round}\n{script}"));
        Assert.True(exit == 0, text);
    }
}
